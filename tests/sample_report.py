"""A run to report: a warehouse that loads, and as many checks as asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dlt_pipelines.control.drift import Recorded
from dlt_pipelines.loading.ledger import LedgerRow
from expectations.gate import judge
from expectations.results import (
    Check,
    CheckHistory,
    Exposure,
    Impact,
    ModelResult,
    Outcome,
    PreviousRun,
    RunReport,
    SourceFreshness,
    Step,
    TrendPoint,
)

NOW = datetime(2026, 11, 20, 15, 51, 15, tzinfo=UTC)
RUN = "20261120T155115Z-3f9a1c"
HOSTILE = "<script>alert(1)</script><img src=https://a.example/x onerror=alert(1)>|\n`*_["


def sample_report(*, checks: int, text: str = "", error: str = "") -> RunReport:
    """A run with every part of a report; `text` stands in whatever servers and data may say."""
    asked = [_check(number, text) for number in range(checks)]
    failed = [check for check in asked if check.outcome != "passed"]
    return RunReport(
        run_id=RUN,
        command="run",
        version="0.1.0",
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=75),
        status="failed" if failed or error else "succeeded",
        error=error,
        verdict=judge(asked),
        steps=[
            Step(name="load payments", status="failed" if error else "done", seconds=9.4),
            Step(name="build", status="skipped" if error else "done", seconds=21.0, detail=text),
        ],
        ledger=[_ledger("payments", "charges", text), _ledger("zephyr", "executions", text)],
        models=[_model("gold", "fct_payments"), _model("silver", "stg_payments__charges")],
        history=[_history(check) for check in failed],
        previous=PreviousRun(
            run_id="20261119T155115Z-aaaaaa",
            finished_at=NOW - timedelta(days=1),
            outcome="passed",
            passed=checks,
            failed=0,
            warnings=0,
            not_checked=0,
        ),
        trends=[_point(day) for day in range(14)],
        drift=[_drift(text)],
        freshness=[_fresh("payments", NOW), _fresh("zephyr", None)],
        impacts=[_impact(text)],
    )


def _check(number: int, text: str) -> Check:
    """Every tenth fails, every hundredth gives no answer; the first one fails."""
    outcome: Outcome = "failed" if number % 10 == 0 else "passed"
    if number % 100 == 99:
        outcome = "not_checked"
    kinds = ("dbt_test", "expectation", "reconciliation", "freshness")
    return Check(
        check_id=f"check_{number}",
        kind=kinds[number % len(kinds)],
        table="gold.fct_payments",
        name=text or f"rule_{number:04}",
        severity="warning" if number % 30 == 10 else "critical",
        outcome=outcome,
        expected=text or "captured amounts are at most what was charged",
        observed=text or f"failing rows: {number + 1:,}",
        detail=text or "Look at the charge at the provider; replay the run that brought it.",
        seconds=number % 7 / 10,
        sql=text or "select payment_id, amount, captured\nfrom gold.fct_payments",
        sample=[{"payment_id": text or "ch_1", "amount": "1200", "email": "•••"}] * 3,
        location="dbt_project/models/gold/payments/fct_payments.yml:31",
        waived="known until the provider mends it" if number % 40 == 20 else "",
    )


def _history(check: Check) -> CheckHistory:
    return CheckHistory(
        check_id=check.check_id,
        outcome_before="passed" if check.check_id.endswith("00") else "failed",
        first_failed_at=NOW - timedelta(days=3),
        failing_runs=1 if check.check_id.endswith("00") else 4,
        flips=2,
        runs=14,
    )


def _ledger(source: str, entity: str, text: str) -> LedgerRow:
    return LedgerRow(
        source=source,
        entity=entity,
        run_id=RUN,
        outcome="partial",
        requests=4,
        pages=3,
        received=300,
        deduplicated=1,
        unchanged=200,
        quarantined=2,
        loaded=97,
        cursor_before=1763050000,
        cursor_after=1763654400,
        seconds=1.25,
        note=text or "project 14 was refused",
    )


def _model(layer: str, name: str) -> ModelResult:
    return ModelResult(name=name, layer=layer, status="success", rows=489, seconds=0.4)


def _point(day: int) -> TrendPoint:
    outcome: Outcome = "failed" if day in (5, 13) else "passed"
    return TrendPoint(
        run_id=RUN if day == 13 else f"run_{day:02}",
        finished_at=NOW - timedelta(days=13 - day),
        outcome=outcome,
        failed=3 if outcome == "failed" else 0,
        warnings=day % 3,
        not_checked=day % 2,
        rows_received=600 + 40 * day,
        rows_loaded=100 + 10 * day,
        seconds=20.0 + day,
    )


def _drift(text: str) -> Recorded:
    return Recorded(
        source="payments",
        entity="charges",
        field=text or "outcome.risk",
        kind="type",
        verdict="breaking",
        old="integer",
        new="string",
        found=("string",),
        example="",
        message=text or "outcome.risk is a string where the contract says integer",
        contract_version="1.0.0",
        run_id=RUN,
        first_seen=NOW - timedelta(days=2),
        last_seen=NOW,
        times_seen=3,
    )


def _fresh(source: str, loaded_at: datetime | None) -> SourceFreshness:
    return SourceFreshness(
        source=source,
        loaded_at=loaded_at,
        age_hours=None if loaded_at is None else 0.4,
        warn_after_hours=26,
        error_after_hours=50,
    )


def _impact(text: str) -> Impact:
    board = Exposure(
        name=text or "Revenue board",
        owner="Head of Finance",
        url="https://bi.example.com/revenue",
    )
    models = ["rpt_daily_revenue", "pub_payments_v1", "pub_daily_revenue_v1"]
    return Impact(table="gold.fct_payments", models=models, exposures=[board])
