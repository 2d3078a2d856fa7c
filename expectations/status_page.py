"""The page that an operator opens first: how things are, and every run that led there."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dlt_pipelines.control.drift import Recorded
from dlt_pipelines.control.freeze import Freeze
from dlt_pipelines.control.serving import Snapshot
from expectations.failures import Failure, failures
from expectations.ordering import check_order
from expectations.plots import Plot, plots
from expectations.results import Outcome, RunReport, Verdict
from expectations.templating import render
from expectations.view import HEADLINES
from expectations.wording import count, listed

RUNS_SHOWN = 50
"""So many of the newest runs: what the page costs does not grow with the history."""


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """A run; `outcome` is None where no gate judged it, counts of checks are 0 then.

    `page` is its report's path from here, "" when it left none.
    """

    run_id: str
    command: str
    status: str
    started_at: datetime
    finished_at: datetime | None = None
    error: str = ""
    outcome: Outcome | None = None
    passed: int = 0
    failed: int = 0
    warnings: int = 0
    not_checked: int = 0
    received: int = 0
    loaded: int = 0
    page: str = ""


class LastLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The last load of a source."""

    source: str
    run_id: str
    command: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    error: str | None


class CursorLine(msgspec.Struct, frozen=True, kw_only=True):
    """How far an entity is read."""

    source: str
    entity: str
    cursor_utc: str
    run_id: str


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of an entity that wait in the quarantine for one reason."""

    source: str
    entity: str
    json_path: str
    reason: str
    rows: int
    last_seen: datetime


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page shows; `judged` is the report of the last run whose gate was asked.

    `pages` are those beside it that there are, by name.
    """

    version: str
    runs: list[RunLine]
    older_runs: int
    loads: list[LastLoad]
    cursors: list[CursorLine]
    held: list[Held]
    freezes: list[Freeze]
    drift: list[Recorded]
    served: Snapshot | None
    judged: RunReport | None
    pages: dict[str, str]

    @property
    def as_of(self) -> datetime | None:
        """The last that happened: the same state gives the same page, whenever it is written."""
        return max((run.finished_at or run.started_at for run in self.runs), default=None)

    @property
    def problems(self) -> list[str]:
        """What an operator has to look at, the worst first."""
        told = [f"The last run failed: {run.error}." for run in self.runs[:1] if run.error]
        told += [
            f"The last load of {load.source} failed: {load.error}."
            for load in self.loads
            if load.status == "failed" and load.run_id != self.runs[0].run_id
        ]
        if self.judged is None:
            told.append("No gate has judged what is built.")
        elif self.judged.verdict.outcome != "passed":
            told.append(_gate_problem(self.judged.verdict))
        told += [f"{one.source} is frozen because of {one.entity}." for one in self.freezes]
        return told

    @property
    def outcome(self) -> Outcome:
        if not self.runs:
            return "not_checked"
        return "failed" if self.problems else "passed"

    @property
    def headline(self) -> str:
        if not self.runs:
            return "Nothing has run yet"
        return count(len(self.problems), "problem") if self.problems else "All is well"

    @property
    def failures(self) -> list[Failure]:
        return failures(self.judged) if self.judged else []

    @property
    def hit(self) -> list[str]:
        """Who outside reads what does not pass, with whom to tell."""
        deciding = (failure for failure in self.failures if failure.check.decides)
        return sorted({name for failure in deciding for name in failure.exposures})

    @property
    def way_out(self) -> str:
        """Where the report says what to do, "" when the last gate passed."""
        if self.judged is None or self.judged.verdict.outcome == "passed":
            return ""
        part = "failures" if self.failures else "gaps"
        return f"{self.judged.run_id}/report.html#{part}"

    @property
    def plots(self) -> list[Plot]:
        return plots(self.judged.trends) if self.judged else []


def _gate_problem(verdict: Verdict) -> str:
    """What the gate stumbled over, the worst first."""
    deciding = [check for check in verdict.checks if check.decides]
    deciding.sort(key=lambda check: (check.outcome, check_order(check)))
    told = listed([f"{check.name} of {check.table or check.kind}" for check in deciding], most=2)
    outcome = HEADLINES[verdict.outcome].lower()
    return f"The last gate: {outcome}, {told}." if told else f"The last gate: {outcome}."


def status_html(status: Status) -> bytes:
    return render("status.html.j2", status=status)
