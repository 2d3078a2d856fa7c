"""A state of affairs for the status page."""

from __future__ import annotations

from datetime import timedelta

from dlt_pipelines.control.freeze import Freeze
from dlt_pipelines.control.serving import Snapshot
from expectations.results import RunReport
from expectations.status_page import CursorLine, Held, LastLoad, RunLine, Status
from tests.sample_report import NOW, RUN


def sample_status(*, runs: int, text: str = "", report: RunReport | None = None) -> Status:
    """So many runs, each fifth failed if there is a `text` to say why; then rows are held too."""
    served = Snapshot(
        run_id=RUN, file="gold.duckdb", published_at=NOW, size_bytes=9_000_000, is_current=True
    )
    return Status(
        version="0.1.0",
        runs=[_line(number, text) for number in range(runs)],
        older_runs=0,
        loads=[load("payments"), load("zephyr")] if runs else [],
        cursors=[_mark()] if runs else [],
        held=[_held(text)] if text else [],
        freezes=[frozen(text)] if text else [],
        drift=report.drift if report else [],
        served=served if runs else None,
        judged=report,
        pages={"dbt docs": "dbt-docs/index.html"} if runs else {},
    )


def _line(number: int, text: str) -> RunLine:
    began = NOW - timedelta(hours=number)
    is_bad = bool(text) and number % 5 == 0
    return RunLine(
        run_id=RUN if number == 0 else f"run_{number}",
        command="run",
        status="failed" if is_bad else "succeeded",
        started_at=began,
        finished_at=began + timedelta(seconds=31),
        error=text if is_bad else "",
        outcome="failed" if is_bad else "passed",
        passed=360,
        failed=2 if is_bad else 0,
        received=4638,
        loaded=4182,
        page=f"{RUN}/report.html",
    )


def load(source: str, *, run_id: str = RUN, error: str | None = None) -> LastLoad:
    return LastLoad(
        source=source,
        run_id=run_id,
        command="run",
        status="failed" if error else "succeeded",
        started_at=NOW,
        finished_at=NOW,
        error=error,
    )


def _mark() -> CursorLine:
    return CursorLine(
        source="payments", entity="charges", cursor_utc="2026-11-20 15:00:00", run_id=RUN
    )


def _held(reason: str) -> Held:
    return Held(
        source="payments",
        entity="charges",
        json_path="/amount",
        reason=reason,
        rows=12,
        last_seen=NOW,
    )


def frozen(reason: str) -> Freeze:
    return Freeze(
        source="payments",
        entity="charges",
        run_id=RUN,
        frozen_at=NOW,
        contract_version="1.0.0",
        reason=reason,
    )
