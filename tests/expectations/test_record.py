"""What is kept of a verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.gate import judge
from expectations.record import NEWEST_VERDICT, record
from expectations.results import Check, Verdict

MakeCheck = Callable[..., Check]
START = datetime.now(UTC) - timedelta(seconds=60)


def keep(connection: duckdb.DuckDBPyConnection, run_id: str, *checks: Check) -> Verdict:
    verdict = judge(checks)
    record(connection, run_id, verdict, started_at=START)
    return verdict


def recorded(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select run_id, name, table_name, severity, outcome from control.gate_results order by all"
    ).fetchall()


def test_a_verdict_is_recorded_and_a_restarted_run_replaces_its_own(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    keep(connection, "run_0", make_check(name="old"))
    keep(connection, "run_1", make_check("failed", name="first"))
    keep(connection, "run_1", make_check("passed", "warning", name="second"))
    assert recorded(connection) == [
        ("run_0", "old", "gold.fct_payments", "critical", "passed"),
        ("run_1", "second", "gold.fct_payments", "warning", "passed"),
    ]
    runs = connection.execute("select run_id, outcome from control.gate_runs order by all")
    assert runs.fetchall() == [("run_0", "passed"), ("run_1", "passed")]


def test_each_result_says_since_when_it_fails_and_how_often_it_turned(
    make_check: MakeCheck,
) -> None:
    connection = duckdb.connect()
    for number, outcome in enumerate(("failed", "passed", "failed", "not_checked", "passed")):
        keep(connection, f"run_{number}", make_check(outcome))
    rows = connection.execute(
        "select failing_runs, flips, (select min(run_id) from control.gate_results as began"
        " where began.recorded_at = results.first_failed_at)"
        " from control.gate_results as results order by run_id"
    )
    assert rows.fetchall() == [
        (1, 0, "run_0"),
        (0, 1, None),
        (1, 2, "run_2"),
        (2, 3, "run_2"),
        (0, 4, None),
    ]


def test_a_verdict_that_cannot_be_written_leaves_the_earlier_one(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    keep(connection, "run_1", make_check(name="first"))
    with pytest.raises(duckdb.ConstraintException):
        keep(connection, "run_1", make_check(name=None))
    assert recorded(connection) == [
        ("run_1", "first", "gold.fct_payments", "critical", "passed"),
    ]


def test_an_empty_verdict_records_a_run_without_results() -> None:
    connection = duckdb.connect()
    keep(connection, "run_1")
    assert recorded(connection) == []
    newest = connection.execute(NEWEST_VERDICT).fetchall()
    assert [row[:2] for row in newest] == [("not checked", "run_1")]


def test_a_run_is_recorded_with_its_rows_and_seconds(
    make_check: MakeCheck, ledger: list[LedgerRow]
) -> None:
    connection = duckdb.connect()
    verdict = judge([make_check(), make_check("failed", "warning")])
    point = record(connection, "run_1", verdict, started_at=START, ledger=ledger)
    assert (point.rows_received, point.rows_loaded, point.warnings) == (308, 105, 1)
    assert point.seconds >= 60


def test_every_table_that_was_built_is_counted(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    connection.execute(
        "create schema silver; create schema gold; create schema raw_payments;"
        "create table silver.stg_orders as from range(3);"
        "create table gold.fct_orders as from range(2);"
        "create table raw_payments.orders as from range(9)"
    )
    keep(connection, "run_1", make_check())
    assert connection.execute("from control.table_counts order by all").fetchall() == [
        ("run_1", "gold.fct_orders", 2),
        ("run_1", "silver.stg_orders", 3),
    ]


def test_a_record_from_before_there_were_samples_gains_their_columns(
    make_check: MakeCheck,
) -> None:
    connection = duckdb.connect()
    keep(connection, "run_0", make_check(name="old"))
    for column in (
        "location",
        "waived",
        "sql",
        "sample",
        "first_failed_at",
        "failing_runs",
        "flips",
    ):
        connection.execute(f"alter table control.gate_results drop column {column}")
    keep(connection, "run_1", make_check("failed", name="new"))
    assert len(recorded(connection)) == 2
