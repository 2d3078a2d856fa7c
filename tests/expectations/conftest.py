"""Checks and runs to judge and to report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.gate import judge
from expectations.reconciliation import reconciliation_checks
from expectations.results import Check, Kind, ModelResult, Outcome, RunReport, Severity, Step

MakeCheck = Callable[..., Check]
MakeReport = Callable[..., RunReport]


@pytest.fixture
def make_check() -> MakeCheck:
    def make(
        outcome: Outcome = "passed",
        severity: Severity = "critical",
        kind: Kind = "expectation",
        name: str = "rule",
        table: str = "gold.fct_payments",
        expected: str = "what should be",
        observed: str = "what is",
        detail: str = "what to do",
    ) -> Check:
        return Check(
            check_id=f"{kind}:{table}:{name}",
            kind=kind,
            table=table,
            name=name,
            severity=severity,
            outcome=outcome,
            expected=expected,
            observed=observed,
            detail=detail,
            seconds=0.25,
        )

    return make


@pytest.fixture
def ledger() -> list[LedgerRow]:
    return [
        LedgerRow(
            source="payments",
            entity="charges",
            run_id="run_1",
            requests=4,
            pages=3,
            received=300,
            deduplicated=1,
            unchanged=200,
            quarantined=2,
            loaded=97,
            cursor_before=1763050000,
            cursor_after=1763654400,
        ),
        LedgerRow(source="payments", entity="payouts", run_id="run_1", outcome="absent"),
        LedgerRow(
            source="zephyr",
            entity="releases",
            run_id="run_1",
            outcome="partial",
            received=8,
            loaded=8,
            note="project 14 was refused",
        ),
    ]


@pytest.fixture
def make_report(ledger: list[LedgerRow], make_check: MakeCheck) -> MakeReport:
    def make(*checks: Check, **fields: object) -> RunReport:
        started_at = datetime(2026, 11, 20, 15, 51, 15, tzinfo=UTC)
        whole: dict[str, object] = {
            "run_id": "run_1",
            "command": "hallmark run",
            "version": "0.1.0",
            "started_at": started_at,
            "finished_at": started_at + timedelta(seconds=75),
            "status": "succeeded",
            "verdict": judge([*checks, *reconciliation_checks(ledger)]),
            "steps": [Step(name="load", status="done", seconds=9.4)],
            "ledger": ledger,
            "models": [
                ModelResult(name="fct_payments", layer="gold", status="success", rows=489),
                ModelResult(name="dim_cycles", layer="gold", status="skipped"),
            ],
        }
        return RunReport(**(whole | fields))  # type: ignore[arg-type]

    return make
