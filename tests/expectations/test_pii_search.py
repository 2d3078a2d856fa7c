"""What looks like PII is found wherever text is, what only resembles it is not."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.pii import Finding, find_pii

CARD = "4242424242424242"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema gold")
        yield connection


def kinds(connection: duckdb.DuckDBPyConnection, *texts: str) -> list[str]:
    connection.execute("create or replace table gold.texts as select unnest(?) as text", [texts])
    return [finding.kind for finding in find_pii(connection, ["gold"])]


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "Ada <ada.l+x@mail.example.co>",
        '{"to":"ada@example.com"}',
        "andré@exämple.com",
        "mailto:ada@example.com?subject=x",
    ],
)
def test_an_email_address_is_found(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert kinds(connection, text) == ["e-mail address"]


@pytest.mark.parametrize(
    "text", ["tok_0f", "a @ b", "12 @ 5.00", "user@host", "@media (x)", "a@.b"]
)
def test_text_with_an_at_sign_is_no_email_address(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert kinds(connection, text) == []


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "card: 3782 822463 10005.",
        "<td>378282246310005</td>",
        '{"number":"5555555555554444"}',
        "6304000000000000000",
        "4222222222222",
    ],
)
def test_a_card_number_is_found(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert kinds(connection, text) == ["card number"]


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",
        f"x{CARD}",
        f"{CARD}f",
        f"0.{CARD}",
        f"{CARD}.5",
        f"1{CARD}999",
        "424242424242",
        "0000000000000",
        "2026-03-31 12:00:00.424242",
        "1795213492.6521893",
        "20260331T120000Z-c0846e",
    ],
    ids=lambda text: str(text),
)
def test_digits_that_are_no_card_number_are_not_found(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert kinds(connection, text) == []


def luhn(digits: str) -> bool:
    doubled = (int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


@settings(max_examples=30)
@given(st.from_regex(r"[2-6][0-9]{12,18}", fullmatch=True))
def test_digits_are_a_card_number_when_their_check_digit_fits(
    connection: duckdb.DuckDBPyConnection, digits: str
) -> None:
    assert kinds(connection, digits) == (["card number"] if luhn(digits) else [])
    fitting = next(digits[:-1] + last for last in "0123456789" if luhn(digits[:-1] + last))
    assert kinds(connection, fitting) == ["card number"]


def test_a_finding_names_the_column_counts_its_values_and_masks_them(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "create or replace table gold.texts as"
        " select 1 as id, 'ok' as fine, ['x@example.com', 'y@example.com'] as list"
        " union all select 2, null, null"
    )
    assert find_pii(connection, ["gold"]) == [
        Finding("gold.texts.list", "e-mail address", 2, "x***")
    ]
    assert find_pii(connection, ["silver"]) == []
