"""Observes what rows look like, as far as the drift rules ask: kinds, presence, listed values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from contracts.diff import ROW, Kind, Place, Seen, Shape
from contracts.odcs import Entity, Field
from dlt_pipelines.loading.pages import UNDECODABLE

_KINDS: dict[type, Kind] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    dict: "object",
    list: "array",
    type(None): "null",
}
_MASKED = "(masked)"
_EXAMPLE_LENGTH = 60
_PLAIN_NAME = re.compile(r"[\w$.:-]{1,64}")
_MOST_FIELDS = 2_000
_decode = msgspec.json.Decoder().decode


@dataclass
class _Tally:
    present: int = 0
    null: int = 0
    objects: int = 0
    kinds: set[Kind] = field(default_factory=set)
    items: set[Kind] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    example: str = ""

    def add(self, seen: Seen) -> None:
        self.present += seen.present
        self.null += seen.null
        self.objects += seen.objects
        self.kinds |= seen.kinds
        self.items |= seen.items
        self.values |= seen.values
        self.example = self.example or seen.example

    def seen(self) -> Seen:
        return Seen(
            present=self.present,
            null=self.null,
            kinds=frozenset(self.kinds),
            objects=self.objects,
            items=frozenset(self.items),
            example=self.example,
            values=frozenset(self.values),
        )


class Observer:
    """Collects the shape of the rows it is shown: a sample, and each that was out of the ordinary.

    Text is kept of fields that are contracted and no PII, otherwise only the kind of value: a field
    that nobody has described may hold personal data.
    """

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._rows = 0
        self._fields: dict[str, _Tally] = {}

    @property
    def shape(self) -> Shape:
        found = {path: tally.seen() for path, tally in self._fields.items()}
        return Shape(rows=self._rows, fields=found)

    def see(self, row: msgspec.Raw) -> None:
        """Takes a row as JSON; one that is no object says nothing about fields."""
        try:
            value = _decode(row)
        except UNDECODABLE:
            return
        if isinstance(value, dict):
            self._rows += 1
            self._object(value, self._entity.fields, ROW)

    def see_shape(self, shape: Shape) -> None:
        """Takes what another observer of the same entity has collected."""
        self._rows += shape.rows
        for path, seen in shape.fields.items():
            self._fields.setdefault(path, _Tally()).add(seen)

    def see_columns(self, table: pa.Table) -> None:
        """Takes all rows that fit: which fields had a value in any, and the values of listed ones.

        A sample alone would miss the field that few rows have, and the value that is new.
        """
        for contracted in self._entity.fields:
            column = table.column(contracted.name)
            if column.null_count == len(column):
                continue
            tally = self._tally(ROW.below(contracted.name))
            tally.present = max(1, tally.present)
            if contracted.values:
                tally.values.update(map(str, pc.unique(column.drop_null()).to_pylist()))

    def _object(self, value: dict[str, Any], fields: Sequence[Field], at: Place) -> None:
        contracted = {field.name: field for field in fields}
        for name, inner in value.items():
            if len(self._fields) < _MOST_FIELDS and _PLAIN_NAME.fullmatch(name):
                self._value(inner, contracted.get(name), at.below(name))

    def _value(self, value: Any, contracted: Field | None, at: Place) -> None:
        tally = self._tally(at)
        tally.present += 1
        kind = _KINDS[type(value)]
        if kind == "null":
            tally.null += 1
            return
        tally.kinds.add(kind)
        tally.example = tally.example or _example(value, contracted)
        if contracted is None:
            return
        if contracted.values and isinstance(value, str | int):
            tally.values.add(str(value))
        if contracted.fields:
            self._contents(value, contracted, tally, at)

    def _contents(self, value: Any, contracted: Field, tally: _Tally, at: Place) -> None:
        inner = value if isinstance(value, list) else [value]
        if isinstance(value, list):
            tally.items.update(_KINDS[type(each)] for each in value)
        for each in inner:
            if isinstance(each, dict):
                tally.objects += 1
                self._object(each, contracted.fields, at)

    def _tally(self, at: Place) -> _Tally:
        return self._fields.setdefault(at.path, _Tally())


def _example(value: Any, contracted: Field | None) -> str:
    hidden = contracted is None or contracted.pii or contracted.volatile
    if hidden or isinstance(value, dict | list):
        return _MASKED
    return str(value)[:_EXAMPLE_LENGTH]
