"""What decides and what only warns."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.gate import judge
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
    return {check.name: check for check in reconciliation_checks(ledger) if check.table == table}


def test_a_balanced_ledger_passes_and_quarantined_rows_warn(ledger: list[LedgerRow]) -> None:
    found = found_for(ledger, "raw_payments.charges")
    assert found["balanced"].outcome == "passed"
    assert found["none_quarantined"].outcome == "failed"
    assert found["none_quarantined"].severity == "warning"
    assert found["none_quarantined"].observed == "2 of 300 received rows quarantined"


def test_a_lost_row_fails_the_gate(ledger: list[LedgerRow]) -> None:
    ledger[0].loaded -= 1
    lost = found_for(ledger, "raw_payments.charges")["balanced"]
    assert (lost.outcome, lost.severity) == ("failed", "critical")
    assert lost.observed == "300 received, 299 accounted for"


def test_an_absent_entity_is_not_checked_and_does_not_decide(ledger: list[LedgerRow]) -> None:
    absent = found_for(ledger, "raw_payments.payouts")["read_in_full"]
    assert (absent.outcome, absent.severity) == ("not_checked", "warning")
    assert judge(reconciliation_checks(ledger)).outcome == "passed"


def test_a_skipped_parent_is_a_warning_that_names_it(ledger: list[LedgerRow]) -> None:
    partial = found_for(ledger, "raw_zephyr.releases")["read_in_full"]
    assert (partial.outcome, partial.severity) == ("failed", "warning")
    assert partial.observed == "project 14 was refused"


def test_judging_and_reporting_do_not_wait_for_great_expectations() -> None:
    """It takes seconds to import: only the file that runs the suites may."""
    asked = "import sys, expectations.gate, expectations.report; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True).stdout
    assert b"great_expectations" not in loaded.split()
