"""Decodes by contract: response bytes to typed rows to Arrow, refusing what does not fit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import pyarrow as pa

from contracts.odcs import Entity, Field
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.structs import SCALARS, Clean, collapses, nested, struct

_ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "object": pa.string(),
    "array": pa.string(),
}
CONTROL_COLUMNS: tuple[pa.Field, ...] = (
    pa.field("_run_id", pa.string()),
    pa.field("_dt", pa.date32()),
    pa.field("_extracted_at", pa.timestamp("us", tz="UTC")),
    pa.field("_payload_sha256", pa.string()),
    pa.field("_contract_version", pa.string()),
)
UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_encode = msgspec.json.Encoder().encode


class Reject(msgspec.Struct, frozen=True):
    """A row that does not fit: where in the page, its JSON path and what was expected there."""

    index: int
    path: str
    reason: str


class Rows(msgspec.Struct):
    """Decoded rows of one entity; `received_at[i]` is when row i's page came."""

    rows: list[Any]
    received_at: list[datetime]


def arrow_schema(entity: Entity) -> pa.Schema:
    """The raw table's columns: the contract's, then the control columns."""
    fields = [pa.field(field.name, _ARROW[field.type]) for field in entity.fields]
    return pa.schema([*fields, *CONTROL_COLUMNS])


class Decoder:
    """Decodes the rows of one entity. One per run: it holds the run's tokenizer."""

    def __init__(self, entity: Entity, tokenizer: Tokenizer) -> None:
        self.entity = entity
        self.schema = arrow_schema(entity)
        self._decode = msgspec.json.Decoder(struct(entity.name, entity.fields)).decode
        expanded = struct(entity.name, entity.fields, expanded=True)
        self._decode_expanded = msgspec.json.Decoder(expanded).decode
        self._collapse = collapses(entity.fields)
        self._clean = _cleaners(entity.fields, tokenizer.token)
        self._volatile = [field.name for field in entity.fields if field.volatile]

    def decode(self, raws: Iterable[msgspec.Raw]) -> tuple[list[Any], list[Reject]]:
        """Rows that fit, in order, and for each other one why not (never its values)."""
        rows: list[Any] = []
        rejects: list[Reject] = []
        decode = self._decode
        for index, raw in enumerate(raws):
            try:
                str(raw, "utf-8")  # what is stored verbatim, msgspec does not look into
                rows.append(decode(raw))
            except UNDECODABLE:
                try:
                    rows.append(self._expanded(raw))
                except UNDECODABLE as error:
                    rejects.append(_reject(index, error))
        return rows, rejects

    def _expanded(self, raw: msgspec.Raw) -> Any:
        """The row when all that is wrong with it are objects in the place of their ids."""
        str(raw, "utf-8")
        row = self._decode_expanded(raw)
        for collapse in self._collapse:
            collapse(row)
        return row

    def to_arrow(self, batch: Rows, *, run_id: str, day: date) -> pa.Table:
        """One Arrow table of `schema`, PII tokenized. The rows are used up: do not reuse them."""
        rows = batch.rows
        for clean in self._clean:
            for row in rows:
                clean(row)
        columns = [_column([getattr(row, f.name) for row in rows], f) for f in self.entity.fields]
        hashes = self._hashes(rows)
        count = len(rows)
        control = [
            pa.repeat(run_id, count).cast(pa.string()),
            pa.repeat(pa.scalar(day, pa.date32()), count),
            pa.array(batch.received_at, self.schema.field("_extracted_at").type),
            pa.array(hashes, pa.string()),
            pa.repeat(self.entity.version, count).cast(pa.string()),
        ]
        return pa.Table.from_arrays([*columns, *control], schema=self.schema)

    def _hashes(self, rows: Sequence[Any]) -> list[str]:
        """SHA-256 of each row's contracted, not volatile fields; null and absent are the same."""
        for name in self._volatile:
            for row in rows:
                setattr(row, name, None)
        sha256 = hashlib.sha256
        return [sha256(_encode(row)).hexdigest() for row in rows]


def _column(values: list[Any], field: Field) -> pa.Array:
    if field.type in SCALARS:
        return pa.array(values, _ARROW[field.type])
    if field.fields:
        values = [None if value is None else _encode(value) for value in values]
    elif field.pii:
        return pa.array(values, pa.string())
    else:
        values = [None if value is None else bytes(value) for value in values]
    return pa.array(values, pa.binary()).cast(pa.string())


_NULL = msgspec.Raw(b"null")


def _cleaners(fields: Sequence[Field], token: Callable[[str], str]) -> list[Clean]:
    """Functions that make a row's JSON nulls None, then its PII tokens, nested ones included."""
    cleaners: list[Clean] = []
    for field in fields:
        if field.type not in SCALARS and not field.fields:
            cleaners.append(_without_null(field))
        if field.pii:
            cleaners.append(_mask(field, token))
        else:
            cleaners.extend(nested(field, inner) for inner in _cleaners(field.fields, token))
    return cleaners


def _without_null(field: Field) -> Clean:
    name = field.name

    def clean(row: Any) -> None:
        if getattr(row, name) == _NULL:
            setattr(row, name, None)

    return clean


def _mask(field: Field, token: Callable[[str], str]) -> Clean:
    name, scalar = field.name, field.type in SCALARS

    def clean(row: Any) -> None:
        value = getattr(row, name)
        if value is not None:
            setattr(row, name, token(str(value) if scalar else bytes(value).decode()))

    return clean


def _reject(index: int, error: Exception) -> Reject:
    reason, _, path = str(error).partition(" - at ")
    return Reject(index, path.strip("`") or "$", reason)


def key_reader(key: str) -> Callable[[msgspec.Raw], Any]:
    """A function that reads the key of a rejected row, None when not even that is there."""
    type_ = msgspec.defstruct("Key", [("key", Any, None)], rename={"key": key})
    decode = msgspec.json.Decoder(type_).decode

    def read(row: msgspec.Raw) -> Any:
        try:
            value = decode(row).key  # type: ignore[attr-defined]
        except UNDECODABLE:
            return None
        return value if isinstance(value, str | int) else None

    return read


def embedded_rows(path: str) -> Callable[[msgspec.Raw], Iterator[msgspec.Raw]]:
    """A function that finds the rows of an embedded entity inside a row of its host.

    `path` is dotted (`tcrTreeTestcase.testcase`) and ends at an object, a list of them, or nothing.
    A row that breaks off before its end holds none: the host's decoder rejects it.
    """
    names = path.split(".")
    type_: Any = msgspec.defstruct("Embedded", [(names[-1], msgspec.Raw, None)])
    for name in reversed(names[:-1]):
        type_ = msgspec.defstruct("Embedded", [(name, type_ | None, None)])
    decode = msgspec.json.Decoder(type_).decode
    decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode

    def find(row: msgspec.Raw) -> Iterator[msgspec.Raw]:
        try:
            node = decode(row)
        except UNDECODABLE:
            return
        for name in names:
            node = None if node is None else getattr(node, name)
        if node is None or node == _NULL:
            return
        if bytes(node).startswith(b"["):
            yield from decode_list(node)
        else:
            yield node

    return find
