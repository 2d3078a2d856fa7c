from __future__ import annotations

import json
import random
from datetime import date
from typing import Any

import msgspec
import pytest
from charges import CARDS, CHARGES, NOW, ROWS, TOKENS, as_table, encoded, hashes, page, stored
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.loading.columns import CONTROL_COLUMNS, arrow_schema
from dlt_pipelines.loading.decode import Decoder


def without_nulls(value: Any) -> Any:
    """As the contract reads a nested object: null is as good as absent."""
    return {name: each for name, each in value.items() if each is not None}


def tokenized(value: dict[str, Any], name: str) -> dict[str, Any]:
    value = without_nulls(value)
    return value | {name: TOKENS.token(value[name])} if name in value else value


@given(ROWS)
def test_a_valid_row_comes_back_as_it_was_with_tokens_for_pii(row: dict[str, Any]) -> None:
    (got,) = stored(row).to_pylist()
    for name in ("id", "amount", "rate", "paid", "receipt_url"):
        assert got[name] == row.get(name)
    for name in ("metadata", "tags"):
        want = row.get(name)
        assert (None if got[name] is None else json.loads(got[name])) == want
    email, card, payers = row.get("email"), row.get("card"), row.get("payers")
    assert got["email"] == (None if email is None else TOKENS.token(email))
    if card is None:
        assert got["card"] is None
    else:
        assert json.loads(got["card"]) == tokenized(card, "last4")
    if payers is None:
        assert got["payers"] is None
    else:
        assert json.loads(got["payers"]) == [tokenized(each, "name") for each in payers]
    assert "not_contracted" not in got


@given(st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_as_it_was(number: float) -> None:
    (got,) = stored({"id": "ch_1", "amount": 1, "rate": number}).column("rate").to_pylist()
    assert got == number


def test_a_type_that_widens_makes_no_row_look_changed() -> None:
    narrow = msgspec.structs.replace(
        CHARGES,
        fields=tuple(
            msgspec.structs.replace(each, type="integer") if each.name == "rate" else each
            for each in CHARGES.fields
        ),
    )
    body = page({"id": "ch_1", "amount": 1, "rate": 5})
    one, other = (
        as_table(Decoder(entity, TOKENS).page(body, "/charges"), entity)
        for entity in (narrow, CHARGES)
    )
    assert one.column("_payload_sha256") == other.column("_payload_sha256")


@given(ROWS, st.sets(st.sampled_from([field.name for field in CHARGES.fields[2:]])))
def test_null_and_absent_have_the_same_hash(row: dict[str, Any], empty: set[str]) -> None:
    absent = {name: value for name, value in row.items() if name not in empty}
    assert len(set(hashes(absent, absent | dict.fromkeys(empty)))) == 1


@given(CARDS)
def test_null_and_absent_have_the_same_hash_inside_an_object(card: dict[str, Any]) -> None:
    row = {"id": "ch_1", "amount": 1}
    filled = dict.fromkeys(("brand", "last4", "checks")) | card
    assert len(set(hashes(row | {"card": without_nulls(card)}, row | {"card": filled}))) == 1


@given(ROWS, st.randoms())
def test_the_order_of_the_fields_does_not_change_the_hash(
    row: dict[str, Any], chance: random.Random
) -> None:
    def shuffled(value: dict[str, Any]) -> dict[str, Any]:
        return dict(chance.sample(list(value.items()), len(value)))

    other = shuffled(row)
    if row.get("card"):
        other["card"] = shuffled(row["card"])
    assert len(set(hashes(row, other))) == 1


def test_the_order_of_the_fields_in_the_contract_does_not_change_the_hash() -> None:
    turned = msgspec.structs.replace(CHARGES, fields=CHARGES.fields[::-1])
    raw = encoded({"id": "ch_1", "amount": 1, "paid": True})
    tables = [
        as_table(Decoder(entity, TOKENS).page(page(raw), "/charges"), entity)
        for entity in (CHARGES, turned)
    ]
    one, other = (table.column("_payload_sha256").to_pylist() for table in tables)
    assert one == other


@given(ROWS, st.none() | st.text())
def test_a_volatile_field_does_not_change_the_hash(row: dict[str, Any], url: str | None) -> None:
    assert len(set(hashes(row, row | {"receipt_url": url}))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 2},
        {"email": "sam@example.com"},
        {"metadata": {"order": "2"}},
        {"card": {"brand": "visa", "last4": "1111"}},
        {"card": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_other_field_changes_the_hash(change: dict[str, Any]) -> None:
    row = {
        "id": "ch_1",
        "amount": 1,
        "email": "kim@example.com",
        "metadata": {"order": "1"},
        "card": {"brand": "visa", "last4": "4242"},
    }
    assert len(set(hashes(row, row | change))) == 2


def test_every_column_keeps_its_own_values_row_by_row() -> None:
    rows: list[dict[str, Any]] = [
        {"id": f"ch_{number}", "amount": number, "receipt_url": f"https://pay.example/{number}"}
        for number in range(3)
    ]
    rows[1]["metadata"] = {"order": "1"}
    table = stored(*rows)
    for name in ("id", "amount", "receipt_url"):
        assert table.column(name).to_pylist() == [row[name] for row in rows]
    assert table.column("metadata").to_pylist() == [None, '{"order":"1"}', None]
    assert table.column("_payload_sha256").to_pylist() == [hashes(row)[0] for row in rows]


def test_a_volatile_field_is_stored_all_the_same() -> None:
    (got,) = stored({"id": "ch_1", "amount": 1, "receipt_url": "https://pay.example/1"}).to_pylist()
    assert got["receipt_url"] == "https://pay.example/1"


def test_an_object_of_pii_becomes_one_token_and_null_stays_null() -> None:
    address = {"line1": "1 Example Street"}
    table = stored(
        {"id": "ch_1", "amount": 1, "address": address},
        {"id": "ch_2", "amount": 1, "address": None},
        {"id": "ch_3", "amount": 1},
    )
    token = TOKENS.token(msgspec.json.encode(address).decode())
    assert table.column("address").to_pylist() == [token, None, None]


def test_the_control_columns_say_where_a_row_comes_from() -> None:
    table = stored({"id": "ch_1", "amount": 1})
    assert table.schema == arrow_schema(CHARGES)
    assert table.schema.names[-5:] == [field.name for field in CONTROL_COLUMNS]
    (got,) = table.to_pylist()
    assert got["_run_id"] == "run_1"
    assert got["_dt"] == date(2026, 11, 20)
    assert got["_extracted_at"] == NOW
    assert got["_contract_version"] == "1.0.0"
    assert len(got["_payload_sha256"]) == 64


@pytest.mark.parametrize(
    ("compact", "pretty"),
    [("{}", "{ }"), ("[]", "[\n]"), ('{"a":1}', '{ "a" : 1 }'), ("[1]", " [ 1 ]")],
)
def test_white_space_in_verbatim_json_does_not_change_the_hash(compact: str, pretty: str) -> None:
    rows = [
        msgspec.Raw(f'{{"id":"ch_1","amount":1,"metadata":{json}}}'.encode())
        for json in (compact, pretty)
    ]
    assert len(set(hashes(*rows))) == 1
