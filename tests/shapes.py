"""What rows look like: the shape that drift is judged by, made the plain way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contracts.diff import ROW, Kind, Place, Seen, Shape
from contracts.odcs import Entity, Field

Row = dict[str, Any]
KINDS: dict[type, Kind] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
    type(None): "null",
}


def shape_of(rows: Sequence[Row], contract: Entity) -> Shape:
    fields: dict[str, Seen] = {}
    _look(rows, contract.fields, ROW, fields)
    return Shape(rows=len(rows), fields=fields)


def _look(rows: Sequence[Row], fields: Sequence[Field], at: Place, found: dict[str, Seen]) -> None:
    inside = {field.name: field.fields for field in fields}
    for name in {name for row in rows for name in row}:
        values = [row[name] for row in rows if name in row]
        lists = [value for value in values if isinstance(value, list)]
        items = [item for value in lists for item in value]
        objects = [value for value in (*values, *items) if isinstance(value, dict)]
        found[at.below(name).path] = Seen(
            present=len(values),
            null=values.count(None),
            kinds=frozenset(KINDS[type(value)] for value in values),
            items=frozenset(KINDS[type(item)] for item in items),
            objects=len(objects),
            example=str(values[-1]),
            values=frozenset(value for value in values if isinstance(value, str)),
        )
        if inside.get(name):
            _look(objects, inside[name], at.below(name), found)
