"""A few rows of a failure, and what is not shown of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from expectations.results import Check
from expectations.samples import COLUMNS, LENGTH, ROWS, shown, with_samples

MakeCheck = Callable[..., Check]


def test_names_and_types_of_a_schema_check_are_no_sample(make_check: MakeCheck) -> None:
    check = replace(make_check("failed"), kind="schema", sql="select 1 as one")
    assert list(with_samples(duckdb.connect(), [check])) == [check]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (1000, "1000"),
        (Decimal("10.50"), "10.50"),
        (True, "True"),
        (datetime(2026, 11, 20, 10, tzinfo=UTC), "2026-11-20 10:00:00+00:00"),
        ("ch_3MmlLrLkdIwHu7ix0snN0B15", "ch_3MmlLrLkdIwHu7ix0snN0B15"),
        ("tok_0123456789abcdef", "tok_0123456789abcdef"),
        ("succeeded", "succeeded"),
        ("not_executed", "not_executed"),
        ("eur", "eur"),
        ("1234", "1234"),
        ("ch_" + "0" * 80, "ch_" + "0" * (LENGTH - 3) + "…"),
    ],
)
def test_numbers_times_and_codes_are_shown(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "value",
    [
        "someone@shop.example",
        "Some One",
        "Someone",
        "1 High Street",
        "4242424242424242",
        "4242-4242-4242-4242",
        "49.30.1234567",
        '{"email": "someone@shop.example"}',
        ["someone@shop.example"],
        {"name": "Someone"},
        b"someone",
    ],
)
def test_what_could_be_personal_is_shown_as_its_length(value: object) -> None:
    assert shown(value) == f"… ({len(str(value))} characters)"


@given(st.emails())
def test_no_address_is_ever_shown(address: str) -> None:
    assert address not in shown(address)


def sample(make_check: MakeCheck, sql: str, outcome: str = "failed") -> list[dict[str, str]]:
    check = replace(make_check(outcome), sql=sql)
    (found,) = with_samples(duckdb.connect(), [check])
    return found.sample


def test_a_failure_shows_its_first_rows_in_a_fixed_order(make_check: MakeCheck) -> None:
    rows = sample(make_check, "select 9 - n as number from range(10) as r(n) -- the last first")
    assert rows == [{"number": str(number)} for number in range(ROWS)]


def test_a_wide_row_is_cut(make_check: MakeCheck) -> None:
    wide = ", ".join(f"{at} as column_{at}" for at in range(COLUMNS + 1))
    assert len(sample(make_check, f"select {wide}")[0]) == COLUMNS


@pytest.mark.parametrize(
    ("sql", "outcome"),
    [("select 1", "passed"), ("select 1", "not_checked"), ("", "failed"), ("selec 1", "failed")],
)
def test_what_did_not_fail_or_cannot_be_asked_shows_none(
    make_check: MakeCheck, sql: str, outcome: str
) -> None:
    assert sample(make_check, sql, outcome) == []
