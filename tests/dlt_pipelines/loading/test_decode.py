from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.odcs import Entity, Field
from dlt_pipelines.loading.decode import CONTROL_COLUMNS, Decoder, Rows, arrow_schema, embedded_rows
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


def stored(*rows: object) -> pa.Table:
    decoder = Decoder(CHARGES, TOKENS)
    fitting, rejects = decoder.decode([encoded(row) for row in rows])
    assert rejects == []
    batch = Rows(fitting, [NOW] * len(fitting))
    return decoder.to_arrow(batch, run_id="run_1", day=date(2026, 11, 20))


def hashes(*rows: object) -> list[str]:
    found: list[str] = stored(*rows).column("_payload_sha256").to_pylist()
    return found


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
    tables = []
    for entity in (CHARGES, turned):
        decoder = Decoder(entity, TOKENS)
        batch = Rows(decoder.decode([raw])[0], [NOW])
        tables.append(decoder.to_arrow(batch, run_id="run_1", day=NOW.date()))
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
    ("raw", "path", "reason"),
    [
        (b'{"id":"ch_1","amount":"12"}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1","amount":1.5}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1","amount":9223372036854775808}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1","amount":null}', "$.amount", "Expected `int`"),
        (b'{"id":"ch_1"}', "$", "missing required field `amount`"),
        (b'{"amount":1}', "$", "missing required field `id`"),
        (b'{"id":"ch_1","amount":1,"paid":"yes"}', "$.paid", "Expected `bool | null`"),
        (b'{"id":"ch_1","amount":1,"card":[]}', "$.card", "Expected `object | null`"),
        (b'{"id":"ch_1","amount":1,"card":{"brand":1}}', "$.card.brand", "Expected `str | null`"),
        (
            b'{"id":"ch_1","amount":1,"payers":[{},{"name":1}]}',
            "$.payers[1].name",
            "`str | null`",
        ),
        (b"null", "$", "Expected `object`"),
        (b"[]", "$", "Expected `object`"),
        (b'{"id":"\xff","amount":1}', "$", "utf-8"),
        (b'{"id":"ch_1","amount":1,"metadata":{"note":"\xff"}}', "$", "utf-8"),
        (b'{"id":"ch_1","amount":1,"not_contracted":"\xff"}', "$", "utf-8"),
    ],
)
def test_a_row_that_does_not_fit_is_rejected_with_its_path(
    raw: bytes, path: str, reason: str
) -> None:
    good = encoded({"id": "ch_2", "amount": 2})
    rows, (reject,) = Decoder(CHARGES, TOKENS).decode([good, msgspec.Raw(raw), good])
    assert [row.id for row in rows] == ["ch_2", "ch_2"]
    assert (reject.index, reject.path) == (1, path)
    assert reason in reject.reason


@given(
    st.text("abcdefghijklmnop", min_size=12), st.sampled_from(["amount", "rate", "paid", "card"])
)
def test_a_reject_never_tells_a_value(secret: str, name: str) -> None:
    raw = encoded({"id": "ch_1", "amount": 1, name: secret})
    rows, (reject,) = Decoder(CHARGES, TOKENS).decode([raw])
    assert rows == []
    assert secret not in f"{reject.path} {reject.reason}"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"lines": [{"id": 1}, {"id": 2}]}, [{"id": 1}, {"id": 2}]),
        ({"lines": {"id": 1}}, [{"id": 1}]),
        ({"lines": []}, []),
        ({"lines": None}, []),
        ({"lines": "none"}, ["none"]),
        ({}, []),
        ("not an object", []),
    ],
)
def test_embedded_rows_are_found_in_a_list_and_in_an_object(row: object, found: object) -> None:
    assert [msgspec.json.decode(raw) for raw in embedded_rows("lines")(encoded(row))] == found


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"tree": {"case": {"id": 7}}}, [{"id": 7}]),
        ({"tree": {"case": None}}, []),
        ({"tree": {}}, []),
        ({"tree": None}, []),
        ({"tree": "broken"}, []),
    ],
)
def test_embedded_rows_are_found_at_a_dotted_path(row: object, found: object) -> None:
    assert [msgspec.json.decode(raw) for raw in embedded_rows("tree.case")(encoded(row))] == found
