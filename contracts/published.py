"""A published version of a contract as text: an ODCS 3.1 document, the same bytes for the same
promise.

Of an API's contract that is what its rows promise; how they are fetched is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import yaml

from contracts.contract import Contract, Key, Layer, Status
from contracts.odcs import Entity, Field, read_entity
from contracts.tables import Column, Table, has_passed
from dlt_pipelines.errors import ConfigurationError

Json = dict[str, Any]
_LINE = 100
_TYPES = {
    "varchar": "string",
    "bigint": "integer",
    "integer": "integer",
    "double": "number",
    "decimal": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "json": "object",
}
_ENTITY = ("cursor", "ignored")
_FIELD = ("volatile", "money", "reference", "epoch", "values")
_TABLE = ("access", "is_latest", "constraints")


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a contract, counted from 1; a `retired` one ends it."""

    number: int
    status: Status
    contract: Contract


def file_of(key: Key, number: int) -> Path:
    """Where a version lies, below the folder of all published ones."""
    of_source = key.layer in ("extraction", "raw")
    folder = f"{key.namespace}.{key.name}" if of_source else key.name
    return Path(key.layer) / folder / f"{number}.yaml"


def text(published: Published) -> str:
    """The document, one field a line where it fits."""
    return yaml.dump(
        _document(published),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_LINE,
    )


class _Row(dict[str, Any]):
    """A mapping that is written on one line."""


class _Dumper(yaml.CSafeDumper):
    pass


_Dumper.add_representer(
    _Row,
    lambda dumper, row: dumper.represent_mapping("tag:yaml.org,2002:map", row, flow_style=True),
)


def _document(published: Published) -> Json:
    contract = published.contract
    facts = {"layer": contract.layer, "namespace": contract.namespace}
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"urn:hallmark:{contract.layer}:{contract.namespace}:{contract.name}",
        "name": contract.name,
        "version": str(published.number),
        "status": published.status,
        **({"team": {"name": contract.owner}} if contract.owner else {}),
        "customProperties": list(_custom(facts)),
        "schema": [_schema(contract)],
    }


def _schema(contract: Contract) -> Json:
    promise = contract.promise
    if isinstance(promise, Entity):
        facts = {name: getattr(promise, name) for name in _ENTITY}
        facts["contractVersion"] = promise.version
        physical = promise.name
        properties = [_entity_property(field, promise.key) for field in promise.fields]
    else:
        facts = {name: getattr(promise, name) for name in _TABLE}
        facts |= {"modelVersion": promise.version, "deprecationDate": promise.retires}
        physical = promise.relation
        properties = [_column_property(column) for column in promise.columns]
    return {
        "name": contract.name,
        "physicalName": physical,
        "logicalType": "object",
        "description": promise.description,
        "customProperties": list(_custom(facts)),
        "properties": properties,
    }


def _entity_property(field: Field, key: str = "") -> Json:
    nested = [_entity_property(each) for each in field.fields]
    row: Json = {"name": field.name, "logicalType": field.type}
    row |= {"required": True} if field.required else {}
    row |= {"primaryKey": True} if field.name == key else {}
    row |= {"classification": "pii"} if field.pii else {}
    row |= {"description": field.description} if field.description else {}
    custom = list(_custom({name: getattr(field, name) for name in _FIELD}))
    row |= {"customProperties": custom} if custom else {}
    if not nested:
        return _Row(row)
    if field.type == "object":
        return row | {"properties": nested}
    return row | {"items": {"logicalType": "object", "properties": nested}}


def _column_property(column: Column) -> Json:
    row: Json = {
        "name": column.name,
        "logicalType": _TYPES.get(column.type.partition("(")[0], "string"),
        "physicalType": column.type,
    }
    row |= {"required": True} if column.required else {}
    row |= {"classification": "pii"} if column.pii else {}
    return _Row(row | ({"description": column.description} if column.description else {}))


def _custom(facts: Json) -> Iterator[Json]:
    for name, value in facts.items():
        plain = msgspec.to_builtins(value)
        if plain not in (None, "", False, [], ()):
            written = list(plain) if isinstance(plain, tuple) else plain
            yield _Row(property=_camel(name), value=written)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(each.title() for each in rest)


class _Property(msgspec.Struct):
    property: str
    value: Any


class _ColumnDocument(msgspec.Struct, rename="camel"):
    name: str
    physical_type: str
    required: bool = False
    classification: str = ""
    description: str = ""


class _TableDocument(msgspec.Struct, rename="camel"):
    physical_name: str
    description: str
    custom_properties: list[_Property]
    properties: list[Any]


class _Team(msgspec.Struct, frozen=True):
    name: str = ""


class _Head(msgspec.Struct, rename="camel", kw_only=True):
    name: str
    version: str
    status: Status
    custom_properties: list[_Property]
    schema: list[_TableDocument]
    team: _Team = _Team()


def read(document: str, path: Path, today: date) -> Published:
    """The version that a document holds. Raises CFG001 naming `path` when it is none."""
    try:
        head = msgspec.convert(yaml.load(document, yaml.CSafeLoader), _Head)
        facts = _facts(head.custom_properties)
        layer: Layer = msgspec.convert(facts.get("layer"), type=Layer)
        namespace, number = str(facts.get("namespace", "")), int(head.version)
        promise = (
            _entity(document, namespace, path, head)
            if layer == "extraction"
            else _table(head, today)
        )
    except (yaml.YAMLError, msgspec.ValidationError, ValueError, IndexError) as error:
        raise ConfigurationError(
            f"a published contract cannot be read: {error}", file=path
        ) from error
    contract = Contract(
        layer=layer, namespace=namespace, name=head.name, owner=head.team.name, promise=promise
    )
    return Published(number=number, status=head.status, contract=contract)


def _entity(document: str, source: str, path: Path, head: _Head) -> Entity:
    """A published version counts; the contract's own number is a custom property."""
    own = _facts(head.schema[0].custom_properties).get("contractVersion", head.version)
    return msgspec.structs.replace(read_entity(document, source, path), version=own)


def _table(head: _Head, today: date) -> Table:
    schema = head.schema[0]
    facts = _facts(schema.custom_properties)
    retires = facts.get("deprecationDate", "")
    columns = msgspec.convert(schema.properties, list[_ColumnDocument])
    values = {
        "node": "",
        "name": head.name.partition(".")[0],
        "version": facts.get("modelVersion"),
        "is_latest": facts.get("isLatest", False),
        "relation": schema.physical_name,
        "access": facts.get("access"),
        "columns": [_column(each) for each in columns],
        "constraints": facts.get("constraints", []),
        "retired": has_passed(retires, today),
        "retires": retires,
        "description": schema.description,
    }
    return msgspec.convert(values, Table, from_attributes=True)


def _column(written: _ColumnDocument) -> Column:
    return Column(
        name=written.name,
        type=written.physical_type,
        required=written.required,
        pii=written.classification == "pii",
        description=written.description,
    )


def _facts(properties: Iterable[_Property]) -> Json:
    return {each.property: each.value for each in properties}
