"""How old a source may be, and what never loaded means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import msgspec
import pytest

from expectations.asking import ask
from expectations.freshness import freshness_questions, source_freshness
from expectations.manifest import Manifest
from expectations.results import Check

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOP = {
    "source_name": "raw_shop",
    "name": "orders",
    "loaded_at_query": "select max(finished_at) from control.runs where source = 'shop'"
    " and status = 'succeeded'",
    "freshness": {
        "warn_after": {"count": 24, "period": "hour"},
        "error_after": {"count": 3, "period": "day"},
    },
}
UNLIMITED = SHOP | {
    "name": "_deletions",
    "freshness": {"warn_after": {"count": None, "period": None}, "error_after": {}},
}
MANIFEST = msgspec.convert({"nodes": {}, "sources": {"a": SHOP, "b": UNLIMITED}}, Manifest)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute(
        "create schema control; create table control.runs"
        " (source varchar, status varchar, finished_at timestamptz)"
    )
    return opened


def run(
    connection: duckdb.DuckDBPyConnection, hours: float, status: str = "succeeded", by: str = "shop"
) -> None:
    values = [by, status, NOW - timedelta(hours=hours)]
    connection.execute("insert into control.runs values (?, ?, ?)", values)


def found(connection: duckdb.DuckDBPyConnection) -> Check:
    (check,) = ask(connection, freshness_questions(MANIFEST, NOW))
    return check


@pytest.mark.parametrize(
    ("hours", "outcome", "severity"),
    [
        (0, "passed", "critical"),
        (24, "passed", "critical"),
        (24.1, "failed", "warning"),
        (72, "failed", "warning"),
        (72.1, "failed", "critical"),
    ],
)
def test_a_source_grows_stale_in_two_steps(
    connection: duckdb.DuckDBPyConnection, hours: float, outcome: str, severity: str
) -> None:
    run(connection, hours)
    check = found(connection)
    assert (check.outcome, check.severity) == (outcome, severity)
    (age,) = source_freshness(connection, MANIFEST, NOW)
    assert age.age_hours == pytest.approx(hours)
    assert (age.source, age.warn_after_hours, age.error_after_hours) == ("shop", 24, 72)


def test_without_any_run_there_is_nothing_to_check_and_that_fails(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    check = found(connection)
    assert (check.outcome, check.severity) == ("failed", "critical")
    assert "nothing to check" in check.observed
    assert source_freshness(connection, MANIFEST, NOW)[0].age_hours is None


def test_a_source_whose_loads_all_failed_has_failed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    run(connection, 1, "failed")
    run(connection, 1, by="other")
    assert found(connection).outcome == "failed"


def test_a_source_nobody_ever_loaded_beside_others_does_not_decide(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    run(connection, 1, by="other")
    check = found(connection)
    assert (check.outcome, check.severity) == ("not_checked", "warning")
