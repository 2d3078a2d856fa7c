"""A page decoded in one call gives what its rows give when they are decoded one by one."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from charges import CHARGES, TOKENS, as_table, page
from contract_rows import Row, contracted, misfits, shuffled, valid_rows, written
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.odcs import Entity, load_source
from dlt_pipelines.loading.decode import Decoded, Decoder
from dlt_pipelines.loading.pages import parse_page

CONTRACTS = [
    CHARGES,
    *load_source("payments").entities.values(),
    *load_source("zephyr").entities.values(),
]
every_contract = pytest.mark.parametrize(
    "entity", CONTRACTS, ids=lambda each: f"{each.source}-{each.name}"
)
few = settings(max_examples=12)


def raws(rows: list[Any], chance: random.Random) -> list[msgspec.Raw]:
    return [msgspec.Raw(written(row, chance)) for row in rows]


def in_one_call(entity: Entity, body: bytes) -> Decoded:
    """By a decoder that has met the page's unknown fields and then tries the page anew."""
    decoder = Decoder(entity, TOKENS)
    decoder.page(body, "/rows")
    return decoder.page(body, "/rows")


def row_by_row(entity: Entity, body: bytes) -> Decoded:
    return Decoder(entity, TOKENS).rows(parse_page(body, "/rows"))


def hashes(table: pa.Table) -> list[str]:
    found: list[str] = table.column("_payload_sha256").to_pylist()
    return found


@every_contract
@few
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_fast_and_slow_give_the_same_table(
    entity: Entity, data: st.DataObject, chance: random.Random
) -> None:
    rows = data.draw(st.lists(valid_rows(entity), min_size=1, max_size=4))
    body = page(*raws(rows, chance))
    fast, slow = in_one_call(entity, body), row_by_row(entity, body)
    assert (fast.rejects, slow.rejects) == ([], [])
    assert (fast.received, fast.more) == (len(rows), slow.more)
    tables = as_table(fast, entity), as_table(slow, entity)
    assert tables[0].equals(tables[1])
    assert tables[0].column(entity.key).to_pylist() == [row[entity.key] for row in rows]


@every_contract
@few
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_the_hash_is_the_same_whatever_says_nothing(
    entity: Entity, data: st.DataObject, chance: random.Random
) -> None:
    """White space, the order of the fields, and fields that nobody contracted."""
    row: Row = data.draw(valid_rows(entity))
    other = shuffled(contracted(row, entity.fields), entity.fields, chance)
    compact, pretty = (page(msgspec.Raw(text)) for text in _spellings(row, other))
    (one,), (two,) = (
        hashes(as_table(decoded, entity))
        for decoded in (in_one_call(entity, compact), row_by_row(entity, pretty))
    )
    assert one == two


def _spellings(row: Row, other: Row) -> tuple[bytes, bytes]:
    compact = msgspec.json.encode(row)
    return compact, msgspec.json.format(msgspec.json.encode(other), indent=2)


@every_contract
@few
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_a_page_with_rows_that_do_not_fit_loses_none(
    entity: Entity, data: st.DataObject, chance: random.Random
) -> None:
    good = data.draw(st.lists(valid_rows(entity), min_size=1, max_size=3))
    bad = data.draw(st.lists(misfits(entity), min_size=1, max_size=2))
    fits = [True] * len(good) + [False] * len(bad)
    rows = list(zip(raws([*good, *bad], chance), fits, strict=True))
    chance.shuffle(rows)
    body = page(*(raw for raw, _ in rows))
    fast, slow = in_one_call(entity, body), row_by_row(entity, body)
    assert fast.received == len(rows)
    assert fast.rejects == slow.rejects
    assert [rows[each.index][1] for each in fast.rejects] == [False] * len(bad)
    alone = in_one_call(entity, page(*(raw for raw, is_good in rows if is_good)))
    tables = as_table(fast, entity), as_table(slow, entity), as_table(alone, entity)
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id":"ch_1","amount":1}]',
        b'\xef\xbb\xbf \r\n{"data":[{"id":"ch_1","amount":1}]}',
        b'{"results":[{"id":"ch_1","amount":1}],"resultSize":1}',
        b'[{"results":[{"id":"ch_1","amount":1}],"resultSize":1}]',
    ],
    ids=["array", "byte order mark", "envelope", "envelope in an array"],
)
def test_a_page_is_decoded_whatever_its_shape(body: bytes) -> None:
    decoded = Decoder(CHARGES, TOKENS).page(body, "/charges")
    assert [row.id for row in decoded.rows] == ["ch_1"]
    assert decoded.total == parse_page(body, "/charges").total


@pytest.mark.parametrize("body", [b"", b"null", b"[]"])
def test_nothing_is_a_page_without_rows(body: bytes) -> None:
    assert Decoder(CHARGES, TOKENS).page(body, "/charges").received == 0


def test_a_single_object_is_one_row() -> None:
    body = b' {"id":"ch_1","amount":1,"data":[{"id":"ch_2","amount":2}]}\n'
    decoded = Decoder(CHARGES, TOKENS).page(body, "/charges/ch_1", single=True)
    assert [row.id for row in decoded.rows] == ["ch_1"]


def test_a_page_that_is_split_keeps_its_rows_as_json() -> None:
    body = page({"id": "ch_1", "amount": 1})
    assert Decoder(CHARGES, TOKENS).page(body, "/charges").raws is None
    raws = Decoder(CHARGES, TOKENS, split=True).page(body, "/charges").raws
    assert raws is not None
    assert list(map(bytes, raws)) == [b'{"id":"ch_1","amount":1}']


def test_the_last_row_tells_its_key_even_when_it_does_not_fit() -> None:
    good, bad = {"id": "ch_1", "amount": 1}, {"id": "ch_2", "amount": "many"}
    decode = Decoder(CHARGES, TOKENS).page
    assert decode(page(bad, good), "/charges").last("id") == "ch_1"
    assert decode(page(good, bad), "/charges").last("id") == "ch_2"
    assert decode(page(good, bad), "/charges").last("amount") is None
    assert decode(page(good, None), "/charges").last("id") is None


def test_a_row_with_half_a_character_is_a_row_and_so_are_its_neighbours() -> None:
    rows = [{"id": f"ch_{n}", "created": 1, "currency": "usd"} for n in range(3)]
    money = {"amount": 1, "amount_refunded": 0}
    texts = [
        json.dumps({**row, **money, "description": "cut \ud83d"[: 3 + n]})
        for n, row in enumerate(rows)
    ]
    found = Decoder(load_source("payments").entities["charges"], TOKENS).page(
        f'{{"data":[{",".join(texts)}],"has_more":false}}'.encode(), "/rows"
    )
    assert found.rejects == []
    assert [row.description for row in found.rows] == ["cut", "cut ", "cut \ufffd"]
