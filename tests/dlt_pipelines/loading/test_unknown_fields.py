"""Fields that nobody contracted: seen once, then known, so that the next page is fast again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from charges import CHARGES, TOKENS, as_table, page
from hypothesis import given
from hypothesis import strategies as st

from contracts.drift import Drift, observe
from dlt_pipelines.loading.decode import Decoded, Decoder

MANY = 250


class Counting(Decoder):
    """Counts the rows that it decodes one by one."""

    counted = 0

    def _row(self, raw: msgspec.Raw) -> Any:
        self.counted += 1
        return super()._row(raw)


def decoder(*ignored: str) -> Counting:
    return Counting(msgspec.structs.replace(CHARGES, ignored=ignored), TOKENS)


def charge(**fields: object) -> dict[str, object]:
    return {"id": "ch_1", "amount": 1, **fields}


def decode(by: Counting, *rows: object) -> Decoded:
    decoded = by.page(page(*rows), "/charges")
    assert decoded.rejects == []
    return decoded


def drifts(by: Decoder) -> list[Drift]:
    return observe(by.entity, by.observer.shape, frozenset())


PLACES: dict[str, Any] = {
    "the row": lambda name, value: charge(**{name: value}),
    "an object": lambda name, value: charge(card={"brand": "visa", name: value}),
    "an object of a list": lambda name, value: charge(payers=[{"name": "Kim"}, {name: value}]),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_an_unknown_field_is_learnt_once_and_the_next_page_is_fast_again(place: Any) -> None:
    by = decoder()
    decode(by, charge(), place("new", 1))
    assert by.counted == 2
    decode(by, place("new", {"a": 1}), charge())
    assert by.counted == 2
    decode(by, place("newer", 1))
    assert by.counted == 3
    decode(by, place("newer", None), place("new", "text"))
    assert by.counted == 3


def test_what_was_learnt_is_told_as_drift_by_its_place() -> None:
    by = decoder()
    filler = [charge()] * 5  # of a page that fits, the first and the last row alone are looked at
    for place in PLACES.values():
        decode(by, *filler, place("new", 1), *filler)
    found = [(drift.field, drift.kind, drift.example) for drift in drifts(by)]
    assert sorted(found) == [
        ("card.new", "new_field", "(masked)"),
        ("new", "new_field", "(masked)"),
        ("payers.new", "new_field", "(masked)"),
    ]


def test_ignored_fields_are_no_drift_and_cost_nothing() -> None:
    by = decoder("refunds", "card.*", "payers.token")
    row = charge(refunds=[1], card={"new": 1, "newer": 2}, payers=[{"token": "x"}])
    decode(by, row, row)
    assert (by.counted, drifts(by)) == (0, [])
    decode(by, charge(**{f"x{number}": 1 for number in range(3)}), row)
    assert [drift.field for drift in drifts(by)] == ["x0", "x1", "x2"]


def test_what_lies_in_a_verbatim_object_is_no_unknown_field() -> None:
    by = decoder()
    decode(by, charge(metadata={"order": "1"}), charge(metadata={"cart": {"a": 1}}))
    assert (by.counted, drifts(by)) == (0, [])


def test_names_that_stand_for_data_end_the_strictness() -> None:
    by = decoder()
    decode(by, *(charge(**{f"x{number}": 1}) for number in range(MANY)))
    assert by.counted == MANY
    decode(by, *(charge(**{f"y{number}": 1}) for number in range(MANY)))
    assert by.counted == MANY


def test_one_row_with_too_many_unknown_fields_is_not_rejected() -> None:
    decoded = decode(decoder(), charge(**{f"x{number}": number for number in range(MANY)}))
    assert as_table(decoded, CHARGES).column("id").to_pylist() == ["ch_1"]


NAMES = st.text(max_size=8) | st.sampled_from(
    ['a"b', "a\\b", "a\nb", "\x00", "a`b", "x` - at `$.card", "brand` - at `$.card", "*", "[0]"]
)


@given(st.dictionaries(NAMES, st.integers(), max_size=4), st.sampled_from(sorted(PLACES)))
def test_a_name_may_have_any_characters(fields: dict[str, int], place: str) -> None:
    by = decoder()
    rows = [PLACES[place](name, value) for name, value in fields.items()]
    rows = [row for row in rows if {"id", "amount"} <= row.keys() and row["amount"] == 1]
    decode(by, charge(), *rows)
    counted = by.counted
    decoded = decode(by, charge(), *rows)
    assert by.counted == counted
    assert len(decoded.rows) == 1 + len(rows)


def test_a_row_is_not_stored_with_what_nobody_contracted() -> None:
    by = decoder()
    for _ in range(2):
        decoded = decode(by, charge(new="kim@example.com", card={"new": "kim@example.com"}))
        assert "kim" not in str(decoded.rows)
        assert "kim" not in str(as_table(decoded, CHARGES).to_pylist())


def test_bytes_that_are_no_text_are_seen_in_a_field_that_is_not_stored() -> None:
    by = decoder()
    for _ in range(2):
        decode(by, charge(new="text"))
    broken = msgspec.Raw(b'{"id":"ch_2","amount":1,"new":"\xff"}')
    decoded = by.page(page(charge(), broken), "/charges")
    assert [row.id for row in decoded.rows] == ["ch_1"]
    assert [(each.key, "utf-8" in each.reason) for each in decoded.rejects] == [("ch_2", True)]
