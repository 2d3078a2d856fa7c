"""Cursors that went back, or stayed behind the rows that came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from contracts.odcs import Cursor, Entity, Field
from expectations.asking import ask
from expectations.results import Check
from expectations.watermarks import watermark_questions

START = datetime(2026, 11, 20, tzinfo=UTC)
ORDERS = Entity(
    source="shop",
    name="orders",
    version="1.0.0",
    description="One row per order.",
    key="id",
    fields=(Field(name="created", type="integer"),),
    cursor=Cursor(field="created", overlap_seconds=300),
)
Move = tuple[str, int | None, int]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute(
        "create schema control; create schema raw_shop;"
        "create table control.cursor_history (source text, entity text, run_id text, reason text,"
        " cursor_before bigint, cursor_after bigint, moved_at timestamptz);"
        "create table raw_shop.orders (created bigint, _run_id text, _extracted_at timestamptz)"
    )
    return opened


def moves(connection: duckdb.DuckDBPyConnection, *moved: Move) -> None:
    for at, (reason, before, after) in enumerate(moved):
        connection.execute(
            "insert into control.cursor_history values ('shop', 'orders', ?, ?, ?, ?, ?)",
            [f"run_{at}", reason, before, after, START + timedelta(hours=at)],
        )


def found(connection: duckdb.DuckDBPyConnection, name: str) -> Check:
    checks = ask(connection, watermark_questions([ORDERS]))
    return next(check for check in checks if check.name == name)


@pytest.mark.parametrize(
    ("moved", "outcome"),
    [
        ([("load", None, 10)], "passed"),
        ([("load", None, 10), ("load", 10, 20)], "passed"),
        ([("load", None, 10), ("load", 10, 9)], "failed"),
        ([("load", None, 10), ("load", None, 9)], "failed"),
        ([("load", None, 10), ("rewind", 10, 5)], "passed"),
        ([("load", None, 10), ("rewind", 10, 5), ("load", 5, 8)], "passed"),
    ],
)
def test_a_cursor_goes_back_by_a_rewind_alone(
    connection: duckdb.DuckDBPyConnection, moved: list[Move], outcome: str
) -> None:
    moves(connection, *moved)
    check = found(connection, "never_back")
    assert (check.outcome, check.severity) == (outcome, "critical")


@pytest.mark.parametrize(
    ("created", "run_id", "outcome"),
    [
        (20, "run_1", "passed"),
        (21, "run_1", "failed"),
        (21, "run_of_a_backfill", "passed"),
        (2_000_000_000_000, "run_1", "passed"),
    ],
    ids=["reached", "stayed behind", "not its own row", "a row dated ahead"],
)
def test_a_cursor_reaches_the_newest_row_of_its_load(
    connection: duckdb.DuckDBPyConnection, created: int, run_id: str, outcome: str
) -> None:
    moves(connection, ("load", None, 10), ("load", 10, 20))
    connection.execute("insert into raw_shop.orders values (?, ?, ?)", [created, run_id, START])
    check = found(connection, "moved")
    assert (check.outcome, check.severity) == (outcome, "warning")


@pytest.mark.parametrize("name", ["never_back", "moved"])
def test_a_cursor_that_never_moved_is_not_green_and_does_not_decide(
    connection: duckdb.DuckDBPyConnection, name: str
) -> None:
    check = found(connection, name)
    assert (check.outcome, check.severity) == ("not_checked", "warning")
