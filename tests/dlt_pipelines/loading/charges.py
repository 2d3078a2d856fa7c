"""A contract with a field of every sort, its rows, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa
from hypothesis import strategies as st

from contracts.odcs import Entity, Field
from dlt_pipelines.loading.columns import Columns
from dlt_pipelines.loading.decode import Decoded, Decoder
from dlt_pipelines.loading.pages import PageRows
from dlt_pipelines.loading.pii import Tokenizer

CHARGES = Entity(
    source="shop",
    name="charges",
    version="1.0.0",
    description="One row per charge.",
    key="id",
    fields=(
        Field(name="id", type="string", required=True),
        Field(name="amount", type="integer", required=True),
        Field(name="rate", type="number"),
        Field(name="paid", type="boolean"),
        Field(name="email", type="string", pii=True),
        Field(name="address", type="object", pii=True),
        Field(name="metadata", type="object"),
        Field(name="tags", type="array"),
        Field(
            name="card",
            type="object",
            fields=(
                Field(name="brand", type="string"),
                Field(name="last4", type="string", pii=True),
                Field(name="checks", type="object"),
            ),
        ),
        Field(
            name="payers",
            type="array",
            fields=(Field(name="name", type="string", pii=True),),
        ),
        Field(name="receipt_url", type="string", volatile=True),
    ),
)
TOKENS = Tokenizer(b"k" * 32)
NOW = datetime(2026, 11, 20, 15, 51, tzinfo=UTC)

INT64 = st.integers(-(2**63), 2**63 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | INT64 | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


CARDS = st.fixed_dictionaries(
    {},
    optional={
        "brand": optional(st.text()),
        "last4": optional(st.text()),
        "checks": optional(OBJECTS),
    },
)
ROWS = st.fixed_dictionaries(
    {"id": st.text(), "amount": INT64},
    optional={
        "rate": optional(st.floats(allow_nan=False, allow_infinity=False)),
        "paid": optional(st.booleans()),
        "email": optional(st.text()),
        "address": optional(OBJECTS),
        "metadata": optional(OBJECTS),
        "tags": optional(st.lists(JSON, max_size=3)),
        "card": optional(CARDS),
        "payers": optional(
            st.lists(st.fixed_dictionaries({}, optional={"name": optional(st.text())}), max_size=2)
        ),
        "receipt_url": optional(st.text()),
        "not_contracted": JSON,
    },
)


def encoded(row: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(row))


def page(*rows: object) -> bytes:
    """The body of a list answer; a row may be its JSON."""
    raws = [row if isinstance(row, msgspec.Raw) else encoded(row) for row in rows]
    return b'{"data":[' + b",".join(map(bytes, raws)) + b'],"has_more":false}'


def slowly(decoder: Decoder, *rows: object) -> Decoded:
    """The rows of a page, decoded one by one."""
    return decoder.rows(PageRows(encoded(row) for row in rows))


def as_table(decoded: Decoded, entity: Entity) -> pa.Table:
    return Columns(entity, run_id="run_1", day=NOW.date()).table(decoded.rows, NOW)


def stored(*rows: object) -> pa.Table:
    decoded = Decoder(CHARGES, TOKENS).page(page(*rows), "/charges")
    assert decoded.rejects == []
    return as_table(decoded, CHARGES)


def hashes(*rows: object) -> list[str]:
    found: list[str] = stored(*rows).column("_payload_sha256").to_pylist()
    return found
