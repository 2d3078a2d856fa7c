"""Contracts as JSON Schemas (2020-12), and back without loss.

A contract has two forms. The writer's is closed: rows hold what the contract lists and nothing
else. The reader's is open: a reader ignores what it does not know. Rows of a table always hold all
of its columns, null or not; an API may leave an optional field out. What JSON Schema has no word
for stands in annotations, `x-hallmark-…`, which the rules on contracts judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from contracts.compatibility import Classification
from contracts.contract import Contract, Layer, Status, breaks, judged, policy
from contracts.diff import Change
from contracts.odcs import Entity, Field, LogicalType
from contracts.policy import meets
from contracts.tables import Column, Table, has_passed

Side = Literal["reader", "writer"]
Json = dict[str, Any]
PREFIX = "x-hallmark-"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ANNOTATED_FIELDS = frozenset(
    ("pii", "volatile", "money", "epoch", "reference", "value", "key", "cursor")
)
_ANNOTATED_COLUMNS = frozenset(("pii", "type", "relation", "latest", "access", "constraint"))
_FIELD = ("pii", "volatile", "money", "epoch", "reference", "values")
_TABLE = ("is_latest", "relation", "access", "constraints", "retires")
_SQL: dict[str, Json] = {
    "varchar": {"type": "string"},
    "bigint": {"type": "integer"},
    "integer": {"type": "integer"},
    "double": {"type": "number"},
    "decimal": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "timestamptz": {"type": "string", "format": "date-time"},
}


def stored_side(layer: Layer) -> Side:
    """The form that a registry keeps: the writer of what is read later, the reader of what comes.

    A change is asked about in the other form. So the registry's own comparison of the two, an API's
    by BACKWARD and a table's by FORWARD, is that of a writer with its reader.
    """
    return "writer" if layer == "extraction" else "reader"


def annotated(layer: Layer) -> frozenset[str]:
    """The parts of a contract (`Change.rule`) that annotations carry, alone or more exactly."""
    return _ANNOTATED_FIELDS if layer == "extraction" else _ANNOTATED_COLUMNS


def asked_side(layer: Layer) -> Side:
    return "reader" if stored_side(layer) == "writer" else "writer"


def breaks_by_schema(layer: Layer, classification: Classification, found: Iterable[Change]) -> bool:
    """Whether a change breaks: by the comparison of the two forms, or by a rule on annotations."""
    of_annotations = [change for change in found if change.rule in annotated(layer)]
    fits = meets(classification, policy(layer))
    return not fits or breaks(layer, judged(layer, of_annotations))


def schema(contract: Contract, side: Side, status: Status = "active") -> Json:
    """The contract as a JSON Schema of one row."""
    promise = contract.promise
    made = (
        _entity_schema(promise, side)
        if isinstance(promise, Entity)
        else _table_schema(promise, side)
    )
    return {
        "$schema": DRAFT,
        "title": f"{contract.namespace}.{contract.name}",
        "description": contract.description,
        f"{PREFIX}layer": contract.layer,
        f"{PREFIX}namespace": contract.namespace,
        f"{PREFIX}name": contract.name,
        f"{PREFIX}owner": contract.owner,
        f"{PREFIX}status": status,
        **made,
    }


def _entity_schema(entity: Entity, side: Side) -> Json:
    cursor = msgspec.to_builtins(entity.cursor) if entity.cursor else None
    facts = {
        "version": entity.version,
        "key": entity.key,
        "cursor": cursor,
        "ignored": list(entity.ignored),
    }
    return {**_annotations(facts), **_object(entity.fields, side), "type": "object"}


def _object(fields: Iterable[Field], side: Side) -> Json:
    fields = list(fields)
    return {
        "properties": {field.name: _field(field, side) for field in fields},
        "required": [field.name for field in fields if field.required],
        **({"additionalProperties": False} if side == "writer" else {}),
    }


def _field(field: Field, side: Side) -> Json:
    kinds = [field.type, *(["object"] if field.reference and field.type != "object" else [])]
    types = kinds if field.required else [*kinds, "null"]
    facts = {name: getattr(field, name) for name in _FIELD}
    made: Json = {"type": types[0] if len(types) == 1 else types}
    if field.description:
        made["description"] = field.description
    if field.fields and field.type == "array":
        made["items"] = {"type": "object", **_object(field.fields, side)}
    elif field.fields:
        made |= _object(field.fields, side)
    return made | _annotations(facts)


def _table_schema(table: Table, side: Side) -> Json:
    facts = {name: getattr(table, name) for name in _TABLE} | {"version": table.version}
    return {
        **_annotations(facts),
        "type": "object",
        "properties": {column.name: _column(column) for column in table.columns},
        "required": [column.name for column in table.columns],
        **({"additionalProperties": False} if side == "writer" else {}),
    }


def _column(column: Column) -> Json:
    """A type that this module does not know allows any value; the annotation tells it apart."""
    made = dict(_SQL.get(column.type.partition("(")[0], {}))
    if "type" in made and not column.required:
        made["type"] = [made["type"], "null"]
    elif not made and column.required:
        made["not"] = {"type": "null"}
    if column.description:
        made["description"] = column.description
    return made | _annotations({"type": column.type, "pii": column.pii})


def _annotations(facts: Mapping[str, Any]) -> Json:
    """What says something: neither empty nor the default."""
    return {
        PREFIX + name.replace("_", "-"): list(value) if isinstance(value, tuple) else value
        for name, value in facts.items()
        if value not in (None, "", False, (), [])
    }


def status_of(found: Mapping[str, Any]) -> Status:
    """Raises `msgspec.ValidationError` when it has none."""
    status: Status = msgspec.convert(found.get(f"{PREFIX}status"), type=Status)
    return status


def contract_of(found: Mapping[str, Any], today: date) -> Contract:
    """The contract that `schema` made this of, in either form.

    A registry may sort properties; `required` is a list, and keeps the order of columns. Raises
    `msgspec.ValidationError` when another hand made it.
    """
    try:
        facts = _facts(found)
        layer: Layer = msgspec.convert(facts.get("layer"), type=Layer)
        promise = _entity(found, facts) if layer == "extraction" else _table(found, facts, today)
        values = {name: facts.get(name, "") for name in ("namespace", "name", "owner")}
        return Contract(layer=layer, promise=promise, **values)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise msgspec.ValidationError(f"it is no contract: {error!r}") from error


def _entity(found: Mapping[str, Any], facts: Mapping[str, Any]) -> Entity:
    values = {
        "source": facts.get("namespace"),
        "name": facts.get("name"),
        "description": found.get("description", ""),
        "fields": _fields(found),
        "version": facts.get("version"),
        "key": facts.get("key"),
        "cursor": facts.get("cursor"),
        "ignored": facts.get("ignored", []),
    }
    return msgspec.convert(values, Entity, from_attributes=True)


def _fields(holder: Mapping[str, Any]) -> tuple[Field, ...]:
    required = holder.get("required", ())
    return tuple(
        _field_of(name, made, name in required)
        for name, made in holder.get("properties", {}).items()
    )


def _field_of(name: str, made: Mapping[str, Any], required: bool) -> Field:
    types = made.get("type")
    facts = {key: value for key, value in _facts(made).items() if key in _FIELD}
    return Field(
        name=name,
        type=msgspec.convert(
            types if isinstance(types, str) else (types or [None])[0], LogicalType
        ),
        required=required,
        description=made.get("description", ""),
        fields=_fields(made.get("items", made)),
        **facts | {"values": tuple(facts.get("values", ()))},
    )


def _table(found: Mapping[str, Any], facts: Mapping[str, Any], today: date) -> Table:
    retires = facts.get("retires", "")
    values = {
        "node": "",
        "name": str(facts.get("name")).partition(".")[0],
        "version": facts.get("version"),
        "is_latest": facts.get("is_latest", False),
        "relation": facts.get("relation"),
        "access": facts.get("access"),
        "columns": [_column_of(name, found["properties"][name]) for name in found["required"]],
        "constraints": facts.get("constraints", []),
        "retired": has_passed(retires, today),
        "retires": retires,
        "description": found.get("description", ""),
    }
    return msgspec.convert(values, Table, from_attributes=True)


def _column_of(name: str, made: Mapping[str, Any]) -> Column:
    facts, types = _facts(made), made.get("type")
    nullable = "not" not in made if types is None else isinstance(types, list)
    return Column(
        name=name,
        type=str(facts.get("type", "")),
        required=not nullable,
        pii=bool(facts.get("pii", False)),
        description=made.get("description", ""),
    )


def _facts(made: Mapping[str, Any]) -> Json:
    return {
        key.removeprefix(PREFIX).replace("-", "_"): value
        for key, value in made.items()
        if key.startswith(PREFIX)
    }
