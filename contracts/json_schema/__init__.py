"""JSON Schemas: read, compared, and held against documents. Drafts 4 to 2020-12."""

from contracts.json_schema.drafts import Draft
from contracts.json_schema.inclusion import Answer
from contracts.json_schema.schemas import Schema, SchemaError, parse_schema, schema_of
from contracts.json_schema.validation import Violation, validate
from contracts.json_schema.verdicts import Budget, Direction, Verdict, compare

__all__ = [
    "Answer",
    "Budget",
    "Direction",
    "Draft",
    "Schema",
    "SchemaError",
    "Verdict",
    "Violation",
    "compare",
    "parse_schema",
    "schema_of",
    "validate",
]
