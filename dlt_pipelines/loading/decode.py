"""Decodes by contract: response bytes to typed rows to Arrow, refusing what does not fit.

Each contracted entity compiles to a `msgspec` Struct, so that decoding is validation, in C.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
import pyarrow as pa

from contracts.odcs import Entity, Field
from dlt_pipelines.loading.pii import Tokenizer

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_SCALARS: dict[str, Any] = {"string": str, "integer": Int64, "number": float, "boolean": bool}
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
        self._decode = msgspec.json.Decoder(_struct(entity.name, entity.fields)).decode
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
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                rejects.append(_reject(index, error))
        return rows, rejects

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


def _struct(name: str, fields: Sequence[Field]) -> type[msgspec.Struct]:
    """The Struct of an object: required fields without default, all others null or absent.

    Fields are sorted, so that the payload hash does not depend on their order in the contract.
    """
    specs: list[Any] = []
    for field in sorted(fields, key=lambda each: each.name):
        type_ = _type(name, field)
        if field.required:
            specs.append((field.name, type_))
        elif type_ is msgspec.Raw:
            specs.append((field.name, msgspec.Raw, None))
        else:
            specs.append((field.name, type_ | None, None))
    return msgspec.defstruct(name, specs, kw_only=True, omit_defaults=True)


def _type(parent: str, field: Field) -> Any:
    if field.fields and field.type == "object":
        return _struct(f"{parent}_{field.name}", field.fields)
    if field.fields:
        return list[_struct(f"{parent}_{field.name}", field.fields)]  # type: ignore[misc]
    if field.type in _SCALARS:
        return _SCALARS[field.type]
    return msgspec.Raw


def _column(values: list[Any], field: Field) -> pa.Array:
    if field.type in _SCALARS:
        return pa.array(values, _ARROW[field.type])
    if field.fields:
        values = [None if value is None else _encode(value) for value in values]
    elif field.pii:
        return pa.array(values, pa.string())
    else:
        values = [None if value is None else bytes(value) for value in values]
    return pa.array(values, pa.binary()).cast(pa.string())


_NULL = msgspec.Raw(b"null")
Clean = Callable[[Any], None]


def _cleaners(fields: Sequence[Field], token: Callable[[str], str]) -> list[Clean]:
    """Functions that make a row's JSON nulls None, then its PII tokens, nested ones included."""
    cleaners: list[Clean] = []
    for field in fields:
        if field.type not in _SCALARS and not field.fields:
            cleaners.append(_without_null(field))
        if field.pii:
            cleaners.append(_mask(field, token))
        else:
            cleaners.extend(_nested(field, inner) for inner in _cleaners(field.fields, token))
    return cleaners


def _without_null(field: Field) -> Clean:
    name = field.name

    def clean(row: Any) -> None:
        if getattr(row, name) == _NULL:
            setattr(row, name, None)

    return clean


def _mask(field: Field, token: Callable[[str], str]) -> Clean:
    name, scalar = field.name, field.type in _SCALARS

    def clean(row: Any) -> None:
        value = getattr(row, name)
        if value is not None:
            setattr(row, name, token(str(value) if scalar else bytes(value).decode()))

    return clean


def _nested(field: Field, inner: Clean) -> Clean:
    name, many = field.name, field.type == "array"

    def clean(row: Any) -> None:
        value = getattr(row, name)
        if value is not None:
            for each in value if many else (value,):
                inner(each)

    return clean


def _reject(index: int, error: Exception) -> Reject:
    reason, _, path = str(error).partition(" - at ")
    return Reject(index, path.strip("`") or "$", reason)


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
        except (msgspec.DecodeError, UnicodeDecodeError):
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
