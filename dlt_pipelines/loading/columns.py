"""Turns decoded rows into the Arrow table that dlt loads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import pyarrow as pa

from contracts.odcs import Entity, Field
from dlt_pipelines.loading.structs import SCALARS

_ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "object": pa.string(),
    "array": pa.string(),
}
_MOMENT = pa.field("_extracted_at", pa.timestamp("us", tz="UTC"))
_HASH = pa.field("_payload_sha256", pa.string())
CONTROL_COLUMNS: tuple[pa.Field, ...] = (
    pa.field("_run_id", pa.string()),
    pa.field("_dt", pa.date32()),
    _MOMENT,
    _HASH,
    pa.field("_contract_version", pa.string()),
)
_encode = msgspec.json.Encoder().encode


def arrow_schema(entity: Entity) -> pa.Schema:
    """The raw table's columns: the contract's, then the control columns."""
    fields = [pa.field(field.name, _type(field)) for field in entity.fields]
    return pa.schema([*fields, *CONTROL_COLUMNS])


def _type(field: Field) -> pa.DataType:
    return pa.string() if field.pii else _ARROW[field.type]


class Columns:
    """Makes the tables of one entity's rows."""

    def __init__(self, entity: Entity, *, run_id: str, day: date) -> None:
        self.schema = arrow_schema(entity)
        self._entity = entity
        self._run_id = run_id
        self._day = day
        self._volatile = [field.name for field in entity.fields if field.volatile]
        self._inner = [field.name for field in entity.fields if field.fields]
        self._verbatim = [field.name for field in entity.fields if _is_verbatim(field)]
        self._sorted = sorted(field.name for field in entity.fields)  # as the Structs have them
        self._alike: dict[pa.DataType, list[str]] = {}
        for each in (*entity.fields, _HASH):
            self._alike.setdefault(self.schema.field(each.name).type, []).append(each.name)

    def table(self, rows: Sequence[Any], received_at: datetime) -> pa.Table:
        """One Arrow table of `schema` of a page's rows, which are used up: do not reuse them.

        A page at a time, its rows are still in the processor's cache.
        """
        values = _transposed(self._sorted, rows)
        for name in self._inner:
            values[name] = _encoded(name, values[name], rows)
        for name in self._verbatim:
            values[name] = [None if each is None else bytes(each) for each in values[name]]
        values[_HASH.name] = self._hashes(rows)
        count = len(rows)
        columns = {
            "_run_id": pa.repeat(pa.scalar(self._run_id, pa.string()), count),
            "_dt": pa.repeat(pa.scalar(self._day, pa.date32()), count),
            "_extracted_at": pa.repeat(pa.scalar(received_at, _MOMENT.type), count),
            "_contract_version": pa.repeat(pa.scalar(self._entity.version, pa.string()), count),
            **self._arrays(values, count),
        }
        in_order = [columns[name] for name in self.schema.names]
        return pa.Table.from_arrays(in_order, schema=self.schema)

    def _arrays(self, values: dict[str, Sequence[Any]], count: int) -> dict[str, pa.Array]:
        """Columns of one type are made as one array: what a call costs is more than its values."""
        arrays: dict[str, pa.Array] = {}
        for type_, names in self._alike.items():
            joined = pa.array([each for name in names for each in values[name]], type_)
            for index, name in enumerate(names):
                arrays[name] = joined.slice(index * count, count)
        return arrays

    def _hashes(self, rows: Sequence[Any]) -> list[str]:
        """SHA-256 of each row's contracted, not volatile fields; null and absent are the same."""
        for name in self._volatile:
            for row in rows:
                setattr(row, name, None)
        sha256 = hashlib.sha256
        return [sha256(_encode(row)).hexdigest() for row in rows]


def _transposed(names: Sequence[str], rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """The values by field; what rows hold beyond the contract comes last in them, and falls out."""
    tuples = map(msgspec.structs.astuple, rows)
    return dict(zip(names, zip(*tuples, strict=False), strict=False))


def _encoded(name: str, values: Sequence[Any], rows: Sequence[Any]) -> list[bytes | None]:
    """Objects and lists as JSON, put into the rows too, so that the hash does not encode again."""
    encoded = [None if each is None else _encode(each) for each in values]
    for row, each in zip(rows, encoded, strict=True):
        if each is not None:
            setattr(row, name, msgspec.Raw(each))
    return encoded


def _is_verbatim(field: Field) -> bool:
    return not (field.fields or field.pii or field.type in SCALARS)
