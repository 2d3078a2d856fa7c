"""What decides, what only warns, and what is kept of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import duckdb
import pytest

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.gate import judge, record
from expectations.reconciliation import reconciliation_checks
from expectations.results import Check

MakeCheck = Callable[..., Check]


@pytest.mark.parametrize(
    ("checks", "outcome"),
    [
        pytest.param([], "not_checked", id="nothing was asked"),
        pytest.param([("passed", "critical")], "passed", id="all hold"),
        pytest.param(
            [("passed", "critical"), ("failed", "critical"), ("not_checked", "critical")],
            "failed",
            id="a failure outweighs a gap",
        ),
        pytest.param(
            [("passed", "critical"), ("not_checked", "critical")], "not_checked", id="a gap"
        ),
        pytest.param(
            [("passed", "critical"), ("failed", "warning"), ("not_checked", "warning")],
            "passed",
            id="warnings never decide",
        ),
        pytest.param([("failed", "warning")], "passed", id="only a warning was asked"),
    ],
)
def test_the_verdict_follows_from_the_critical_checks(
    make_check: MakeCheck, checks: list[tuple[str, str]], outcome: str
) -> None:
    verdict = judge(make_check(found, severity) for found, severity in checks)
    assert verdict.outcome == outcome


def test_the_verdict_counts_each_check_once(make_check: MakeCheck) -> None:
    found = [("passed", "critical"), ("failed", "critical"), ("failed", "warning")]
    verdict = judge(make_check(*each) for each in [*found, ("not_checked", "warning")])
    counts = (verdict.passed, verdict.failed, verdict.warnings, verdict.not_checked)
    assert counts == (1, 1, 1, 1)


def found_for(ledger: list[LedgerRow], table: str) -> dict[str, Check]:
    return {
        check.name: check for check in reconciliation_checks(ledger, {}) if check.table == table
    }


def test_a_balanced_ledger_passes_and_quarantined_rows_warn(ledger: list[LedgerRow]) -> None:
    found = found_for(ledger, "raw_payments.charges")
    assert found["balanced"].outcome == "passed"
    assert found["none_quarantined"].outcome == "failed"
    assert found["none_quarantined"].severity == "warning"
    assert found["none_quarantined"].observed == "2 of 300 received rows quarantined"


@pytest.mark.parametrize(
    ("received", "earlier", "outcome"),
    [
        (0, [3, 1, 2, 0], "failed"),
        (0, [3, 0, 2], "passed"),
        (0, [3, 1], "passed"),
        (1, [3, 1, 2], "passed"),
    ],
)
def test_no_row_where_the_loads_before_brought_some_is_a_warning(
    received: int, earlier: list[int], outcome: str
) -> None:
    row = LedgerRow(source="shop", entity="orders", run_id="run_4", received=received)
    row.loaded = received
    checks = reconciliation_checks([row], {("shop", "orders"): earlier})
    (found,) = (check for check in checks if check.name == "some_received")
    assert (found.outcome, found.severity, bool(found.detail)) == (
        outcome,
        "warning",
        outcome == "failed",
    )


def test_a_lost_row_fails_the_gate(ledger: list[LedgerRow]) -> None:
    ledger[0].loaded -= 1
    lost = found_for(ledger, "raw_payments.charges")["balanced"]
    assert (lost.outcome, lost.severity) == ("failed", "critical")
    assert lost.observed == "300 received, 299 accounted for"


def test_an_absent_entity_is_not_checked_and_does_not_decide(ledger: list[LedgerRow]) -> None:
    absent = found_for(ledger, "raw_payments.payouts")["read_in_full"]
    assert (absent.outcome, absent.severity) == ("not_checked", "warning")
    assert judge(reconciliation_checks(ledger, {})).outcome == "passed"


def test_a_skipped_parent_is_a_warning_that_names_it(ledger: list[LedgerRow]) -> None:
    partial = found_for(ledger, "raw_zephyr.releases")["read_in_full"]
    assert (partial.outcome, partial.severity) == ("failed", "warning")
    assert partial.observed == "project 14 was refused"


def recorded(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select run_id, name, table_name, severity, outcome from control.gate_results order by all"
    ).fetchall()


def test_a_verdict_is_recorded_and_a_restarted_run_replaces_its_own(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    record(connection, "run_0", judge([make_check(name="old")]))
    record(connection, "run_1", judge([make_check("failed", name="first")]))
    record(connection, "run_1", judge([make_check("passed", "warning", name="second")]))
    assert recorded(connection) == [
        ("run_0", "old", "gold.fct_payments", "critical", "passed"),
        ("run_1", "second", "gold.fct_payments", "warning", "passed"),
    ]


def test_a_verdict_that_cannot_be_written_leaves_the_earlier_one(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    record(connection, "run_1", judge([make_check(name="first")]))
    unwritable = judge([make_check(name=None)])
    with pytest.raises(duckdb.ConstraintException):
        record(connection, "run_1", unwritable)
    assert recorded(connection) == [
        ("run_1", "first", "gold.fct_payments", "critical", "passed"),
    ]


def test_an_empty_verdict_records_no_row() -> None:
    connection = duckdb.connect()
    record(connection, "run_1", judge([]))
    assert recorded(connection) == []


def test_judging_and_reporting_do_not_wait_for_great_expectations() -> None:
    """It takes seconds to import: only the file that runs the suites may."""
    asked = "import sys, expectations.gate, expectations.report; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True).stdout
    assert b"great_expectations" not in loaded.split()
