"""Counts against the runs before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from msgspec.structs import replace

from contracts.odcs import Cursor, Entity, Field
from expectations.asking import ask
from expectations.record import prepare
from expectations.results import Check
from expectations.volume import volume_questions

START = datetime(2026, 11, 20, tzinfo=UTC)
WHOLE = Entity(
    source="shop",
    name="orders",
    version="1.0.0",
    description="One row per order.",
    key="id",
    fields=(Field(name="id", type="string"),),
)
BY_CURSOR = replace(WHOLE, cursor=Cursor(field="created", overlap_seconds=300))


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    prepare(opened)
    opened.execute(
        "create table control.runs"
        " (run_id text, source text, command text, status text, started_at timestamptz);"
        "create table control.ledger (run_id text, source text, entity text, outcome text,"
        " received bigint, deduplicated bigint);"
        "create schema silver; create table silver.stg_shop__orders (order_id text)"
    )
    return opened


def load(
    connection: duckdb.DuckDBPyConnection,
    received: int,
    command: str = "load shop",
    status: str = "succeeded",
    deduplicated: int = 0,
) -> None:
    """A load an hour after the one before."""
    number = connection.execute("select count(*) from control.runs").fetchall()[0][0]
    run_id = f"run_{number}"
    connection.execute(
        "insert into control.runs values (?, 'shop', ?, ?, ?)",
        [run_id, command, status, START + timedelta(hours=number)],
    )
    connection.execute(
        "insert into control.ledger values (?, 'shop', 'orders', 'loaded', ?, ?)",
        [run_id, received, deduplicated],
    )


def found(connection: duckdb.DuckDBPyConnection, name: str, entity: Entity = WHOLE) -> Check:
    checks = ask(connection, volume_questions([entity], "run_now"))
    return next(check for check in checks if check.name == name)


@pytest.mark.parametrize(
    ("received", "outcome"),
    [
        ([3, 1, 2, 0], "failed"),
        ([3, 0, 2, 0], "passed"),
        ([3, 1, 0], "passed"),
        ([3, 1, 2, 1], "passed"),
        ([], "not_checked"),
    ],
)
def test_no_row_where_the_loads_before_brought_some_is_a_warning(
    connection: duckdb.DuckDBPyConnection, received: list[int], outcome: str
) -> None:
    for rows in received:
        load(connection, rows)
    check = found(connection, "some_received")
    assert (check.outcome, check.severity) == (outcome, "warning")
    assert bool(check.detail) == (outcome != "passed")


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        (100, 105, "passed"),
        (100, 95, "passed"),
        (100, 106, "failed"),
        (100, 94, "failed"),
        (0, 0, "passed"),
        (0, 1, "failed"),
    ],
)
def test_five_per_cent_more_or_less_than_the_load_before_is_a_warning(
    connection: duckdb.DuckDBPyConnection, before: int, now: int, outcome: str
) -> None:
    load(connection, before)
    load(connection, now + 7, deduplicated=7)
    check = found(connection, "record_count")
    assert (check.outcome, check.severity) == (outcome, "warning")


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("load shop", "failed"),
        ("load shop", "running"),
        ("load shop --from 2026-01-01", "succeeded"),
        ("replay shop --run-id run_0", "succeeded"),
        ("quarantine replay", "succeeded"),
    ],
)
def test_only_loads_of_the_newest_that_succeeded_are_a_baseline(
    connection: duckdb.DuckDBPyConnection, command: str, status: str
) -> None:
    load(connection, 100, "run --demo shop")
    load(connection, 1, command, status)
    load(connection, 100)
    assert found(connection, "record_count").observed == "100 records, before 100 (+0.0%)"


@pytest.mark.parametrize("entity", [WHOLE, BY_CURSOR], ids=["read whole", "by cursor"])
def test_a_count_without_a_run_before_is_not_green(
    connection: duckdb.DuckDBPyConnection, entity: Entity
) -> None:
    check = found(connection, "record_count", entity)
    assert (check.outcome, check.severity) == ("not_checked", "warning")
    assert check.detail == "There is no run before to compare with."


@pytest.mark.parametrize(
    ("runs", "observed"),
    [
        ([("run_0", "passed", 100)], "94 records, before 100 (-6.0%)"),
        ([("run_0", "passed", 94), ("run_1", "failed", 50)], "94 records, before 94 (+0.0%)"),
        ([("run_0", "passed", 94), ("run_now", "passed", 1)], "94 records, before 94 (+0.0%)"),
    ],
)
def test_an_entity_with_a_cursor_is_counted_in_silver_after_runs_that_passed(
    connection: duckdb.DuckDBPyConnection, runs: list[tuple[str, str, int]], observed: str
) -> None:
    connection.execute("insert into silver.stg_shop__orders select n from range(94) as r(n)")
    for hour, (run_id, outcome, count) in enumerate(runs):
        connection.execute(
            "insert into control.gate_runs values (?, ?, ?, 1, 0, 0, 0, 0, 0, 1)",
            [run_id, START + timedelta(hours=hour), outcome],
        )
        connection.execute(
            "insert into control.table_counts values (?, 'silver.stg_shop__orders', ?)",
            [run_id, count],
        )
    assert found(connection, "record_count", BY_CURSOR).observed == observed
