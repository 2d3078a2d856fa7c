"""A JSON Schema that has been checked: of a known draft, bounded, complete in itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema_rs

from contracts.json_schema import json_text
from contracts.json_schema.drafts import DRAFTS, Draft
from contracts.json_schema.json_text import NotJsonError, pointer
from contracts.json_schema.loops import Growth, endless, growth, targets
from contracts.json_schema.references import Document

# A pattern that needs more steps on one string counts as not matching.
PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000, size_limit=4 * 1024 * 1024)


_VALIDATORS: dict[Draft, type[jsonschema_rs.Validator]] = {
    Draft.DRAFT_4: jsonschema_rs.Draft4Validator,
    Draft.DRAFT_6: jsonschema_rs.Draft6Validator,
    Draft.DRAFT_7: jsonschema_rs.Draft7Validator,
    Draft.DRAFT_2019_09: jsonschema_rs.Draft201909Validator,
    Draft.DRAFT_2020_12: jsonschema_rs.Draft202012Validator,
}


_MOST_PAIRS = 200_000_000


class SchemaError(ValueError):
    """It is no schema that is taken. `code` says why, `path` (a JSON pointer) where.

    Codes: not_json, duplicate_key, lone_surrogate, number_out_of_range, too_large, too_deep,
    not_a_schema, unknown_draft, bad_pattern, remote_ref, unresolvable_ref, endless_ref.
    """

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


@dataclass(frozen=True, eq=False)
class Schema:
    """`value` is what was given, an object or a boolean, its numbers exact."""

    value: dict[str, Any] | bool
    draft: Draft
    validator: jsonschema_rs.Validator

    @cached_property
    def canonical(self) -> bytes:
        """Its one text: keys sorted, no white space."""
        return json_text.encode(self.value)

    @cached_property
    def growth(self) -> Growth:
        """How much references can multiply the work of the validator."""
        if b'ef":' not in self.canonical:
            return Growth(self.canonical.count(b":"), 1, 1)
        return growth(Document(self.value, self.draft))

    def quick(self, document: Any, *, times: int = 100) -> bool:
        """Whether the validator is sure to do nothing more often than so many `times`."""
        size, depth = json_text.extent(document)
        schemas, repeated, factor = self.growth
        many = repeated * factor ** min(depth, 100) > times
        return not many and schemas * size <= _MOST_PAIRS

    @cached_property
    def sha256(self) -> str:
        """The hash of `canonical`, 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical).hexdigest()


def parse_schema(text: bytes) -> Schema:
    """The schema written as JSON, 1 MiB at most. Raises SchemaError."""
    if len(text) > json_text.MAX_BYTES:
        raise SchemaError("too_large", f"it has {len(text):,} bytes; 1 MiB is the most")
    try:
        return _schema(json_text.read(text))
    except NotJsonError as error:
        raise SchemaError(error.code, error.message, error.path) from None


def schema_of(value: object) -> Schema:
    """The schema that a parsed JSON value is. Raises SchemaError."""
    try:
        schema = _schema(json_text.checked(value))
    except NotJsonError as error:
        raise SchemaError(error.code, error.message, error.path) from None
    if len(schema.canonical) > json_text.MAX_BYTES:
        raise SchemaError("too_large", "it has more than 1 MiB")
    return schema


def _schema(value: Any) -> Schema:
    if not isinstance(value, dict | bool):
        kind = type(value).__name__
        raise SchemaError("not_a_schema", f"a schema is an object or a boolean, not {kind}")
    draft = _draft(value)
    schema = Schema(value, draft, _validator(value, draft))
    if b'ef":' in schema.canonical:
        _check_references(Document(value, draft))
    return schema


def _check_references(document: Document) -> None:
    """What is referred to may stand where no schema is expected, and has to be one."""
    loop = endless(document)
    if loop is not None:
        message = f"{loop} leads back to itself without going into the document"
        raise SchemaError("endless_ref", message)
    for target in {id(target): target for target in targets(document)}.values():
        try:
            jsonschema_rs.meta.validate({**target, "$schema": document.draft.uri})
        except jsonschema_rs.ValidationError as error:
            raise SchemaError("not_a_schema", error.message) from None


def _draft(value: dict[str, Any] | bool) -> Draft:
    declared = value.get("$schema") if isinstance(value, dict) else None
    if declared is None:
        return Draft.DRAFT_7
    address = str(declared).removesuffix("#")
    found = DRAFTS.get(address.removeprefix("http://").removeprefix("https://"))
    if found is None:
        hint = "drafts 4, 6, 7, 2019-09 and 2020-12 are known"
        raise SchemaError("unknown_draft", f"{declared!r} is no known draft: {hint}", "/$schema")
    return found


class _Annotation:
    """A keyword that refuses no document, though the validator's own would."""

    def __init__(self, parent: dict[str, Any], value: Any, path: list[str | int]) -> None:
        pass

    def validate(self, instance: Any) -> None:
        pass


def _validator(value: dict[str, Any] | bool, draft: Draft) -> jsonschema_rs.Validator:
    try:
        return _VALIDATORS[draft](
            value,
            pattern_options=PATTERNS,
            offline=True,
            validate_formats=False,
            mask="the value",  # a document may hold what no log should
            keywords=dict.fromkeys(("contentEncoding", "contentMediaType"), _Annotation),
        )
    except jsonschema_rs.ValidationError as error:
        raise _refused(error) from None
    except jsonschema_rs.ReferencingError as error:
        raise SchemaError("unresolvable_ref", error.message) from None
    except ValueError as error:
        raise SchemaError("too_deep", str(error)) from None


def _refused(error: jsonschema_rs.ValidationError) -> SchemaError:
    path = pointer(error.instance_path)
    if error.kind.name == "format" and "regex" in error.message:
        return SchemaError("bad_pattern", error.message, path)
    if "cannot fetch" in error.message:
        return SchemaError("remote_ref", f"only references inside it: {error.message}", path)
    if error.kind.name in ("$ref", "referencing"):
        return SchemaError("unresolvable_ref", error.message, path)
    return SchemaError("not_a_schema", error.message, path)
