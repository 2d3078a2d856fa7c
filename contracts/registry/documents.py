"""Schemas in the two languages that are spoken here: JSON Schema, and ODCS as YAML."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Annotated, Any

import yaml
from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from contracts.json_schema import json_text
from contracts.odcs_schema import OdcsError, document_of, schema_of
from contracts.registry.database import Row
from contracts.registry.errors import Invalid, Malformed, Unsupported
from contracts.registry.ingests import NewVersion
from contracts.registry.requests import read_schema
from contracts.registry.shapes.versions import NewSchema
from contracts.registry.shapes.words import Layer, Word

_YAML = ("application/yaml", "application/x-yaml", "text/yaml")
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": NewSchema.model_json_schema()},
        "application/yaml": {
            "schema": {
                "type": "string",
                "description": "An ODCS 3.1 document with one schema; what else there is to say"
                " stands in the query.",
            },
        },
    },
}
READ_HEADERS = [
    {
        "name": "Accept",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "default": "application/json"},
        "description": "application/yaml for an ODCS 3.1 document.",
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "The ETag that is known.",
    },
]


@dataclass(frozen=True)
class GivenSchema:
    """What came, before anybody has looked whether it is a schema."""

    body: NewSchema

    def version_of(self, dataset_id: str, layer: Layer) -> NewVersion:
        """Raises `Invalid`."""
        return NewVersion(
            dataset_id=dataset_id,
            layer=layer,
            schema=read_schema(self.body.value),
            schema_registry_id=self.body.schema_registry_id,
            promote=self.body.set_current_if_compatible,
        )


async def _given_schema(
    request: Request,
    set_current_if_compatible: Annotated[
        bool, Query(description="With YAML: whether it becomes current if the policy allows it.")
    ] = False,
    schema_registry_id: Annotated[
        Word | None, Query(description="With YAML: its id in another schema registry.")
    ] = None,
) -> GivenSchema:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind in _YAML:
            values = {
                "schema_json": schema_of_yaml(await request.body()),
                "schema_registry_id": schema_registry_id,
                "set_current_if_compatible": set_current_if_compatible,
            }
            return GivenSchema(NewSchema.model_validate(values))
        if kind == "application/json":
            return GivenSchema(NewSchema.model_validate(await request.json()))
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(found) from None
    raise Unsupported(
        "send application/json, or application/yaml for an ODCS document",
        {"content_type": kind},
    )


NewSchemaOf = Annotated[GivenSchema, Depends(_given_schema)]


def schema_of_yaml(text: bytes) -> dict[str, Any] | bool:
    """The JSON Schema of an ODCS document. Raises `Malformed`, `Invalid`."""
    try:
        _check_events(text)
        document = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise Malformed("it is not YAML", {"reason": "not_yaml", "at": _at(error)}) from None
    try:
        return schema_of(_plain(document))
    except OdcsError as error:
        details = {"reason": "not_odcs", "path": error.path}
        raise Invalid(f"it is no ODCS document: {error.message}", details) from None


def _check_events(text: bytes) -> None:
    """Before anything is built: no deeper than JSON may be, and nothing that repeats itself."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise Invalid("YAML aliases are not taken", {"reason": "yaml_alias"})
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > json_text.MAX_DEPTH:
            raise Invalid("it is nested too deep", {"reason": "too_deep"})


def _at(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}" if mark is not None else ""


def _plain(value: Any) -> Any:
    """Dates as they are written: JSON has none."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def wants_yaml(accept: str) -> bool:
    return any(kind in accept for kind in _YAML)


def as_odcs(dataset: Row, row: Row) -> bytes:
    """A stored version as an ODCS document."""
    head = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{dataset['dataset_id']}:{row['layer']}",
        "name": dataset["name"],
        "version": str(row["version"]),
        "status": dataset["status"],
        "domain": dataset["namespace"],
        "team": {"name": dataset["owner"]},
        "customProperties": [
            {"property": "layer", "value": row["layer"]},
            {"property": "schemaHash", "value": row["schema_hash"]},
        ],
    }
    schema = json_text.read(row["canonical"])
    document = document_of(_numbers(schema), head, name=dataset["name"])
    return yaml.dump(
        document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True
    ).encode()


def _numbers(value: Any) -> Any:
    """Exact numbers as YAML has them."""
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return value if value is None or isinstance(value, bool | int | str) else float(value)
