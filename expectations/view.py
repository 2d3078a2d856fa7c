"""What a report says about a run: sentences and groups, the same for HTML and Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.changes import Changes, changes
from expectations.failures import Failure, failures
from expectations.gaps import Gap, gaps
from expectations.gate import judge
from expectations.plots import Plot, plots
from expectations.results import (
    Kind,
    ModelResult,
    Outcome,
    RunReport,
    Verdict,
)
from expectations.wording import count

KIND_TITLES: dict[Kind, str] = {
    "completeness": "Completeness",
    "reconciliation": "Reconciliation",
    "dbt_test": "dbt tests",
    "expectation": "Expectations",
    "schema": "Schema against contract",
    "freshness": "Freshness",
    "volume": "Volume",
    "watermark": "Cursors",
    "pii": "Personal data",
    "policy": "Waivers",
}
HEADLINES: dict[Outcome, str] = {
    "passed": "Passed",
    "failed": "Failed",
    "not_checked": "Not checked",
}
FATES = ("loaded", "unchanged", "deduplicated", "quarantined")
TOLD_FAILURES = 50
"""So many failures are told in full; the tables of all checks hold the rest."""
ThingT = TypeVar("ThingT")


@dataclass(frozen=True, kw_only=True)
class View:
    """A run as its report tells it, verdict first."""

    report: RunReport
    outcome: Outcome
    headline: str
    sentence: str
    changes: Changes | None
    plots: list[Plot]
    failures: list[Failure]
    more_failures: int
    gaps: list[Gap]
    kinds: dict[str, Verdict]
    layers: dict[str, list[ModelResult]]
    sources: dict[str, list[LedgerRow]]

    @property
    def totals(self) -> dict[str, int]:
        counted = ("requests", "pages", "received", *FATES)
        return {name: sum(getattr(row, name) for row in self.report.ledger) for name in counted}


def build_view(report: RunReport) -> View:
    outcome: Outcome = "failed" if _broke_off(report) else report.verdict.outcome
    failed = failures(report)
    return View(
        report=report,
        outcome=outcome,
        headline=HEADLINES[outcome],
        sentence=_sentence(report),
        changes=changes(report),
        plots=plots(report.trends),
        failures=failed[:TOLD_FAILURES],
        more_failures=len(failed[TOLD_FAILURES:]),
        gaps=list(gaps(report.verdict.checks)),
        kinds=_by_kind(report.verdict),
        layers=_group(report.models, "layer"),
        sources=_group(report.ledger, "source"),
    )


def _broke_off(report: RunReport) -> bool:
    """A run whose gate did not pass counts as failed as well, though it came to its end."""
    stopped = any(step.status == "failed" for step in report.steps)
    unexplained = report.status == "failed" and report.verdict.outcome == "passed"
    return bool(report.error) or stopped or unexplained


def _sentence(report: RunReport) -> str:
    gate = _gate_sentence(report.verdict)
    if not _broke_off(report):
        return gate
    broken = [step.name for step in report.steps if step.status == "failed"]
    where = f" in the step {broken[0]}" if broken else ""
    return f"The run broke off{where}. {gate}"


def _gate_sentence(verdict: Verdict) -> str:
    asked = len(verdict.checks)
    if not asked:
        return "No check was made, so nothing is known about the data."
    waived = sum(1 for check in verdict.checks if check.waived and check.outcome != "passed")
    besides = f"; {count(verdict.warnings, 'warning')} besides" if verdict.warnings else ""
    besides += f", {waived:,} waived" if waived else ""
    if verdict.outcome == "failed":
        return f"{count(verdict.failed, 'critical check')} of {asked:,} failed{besides}."
    if verdict.outcome == "not_checked":
        return f"{count(verdict.not_checked, 'check')} of {asked:,} gave no answer{besides}."
    if verdict.passed == asked:
        return f"{count(asked, 'check')} made, and every one holds."
    return f"Every critical check holds, {verdict.passed:,} of {asked:,} in all{besides}."


def _by_kind(verdict: Verdict) -> dict[str, Verdict]:
    kinds = {
        title: [check for check in verdict.checks if check.kind == kind]
        for kind, title in KIND_TITLES.items()
    }
    return {title: judge(checks) for title, checks in kinds.items() if checks}


def _group(things: Iterable[ThingT], attribute: str) -> dict[str, list[ThingT]]:
    groups: dict[str, list[ThingT]] = {}
    for thing in things:
        groups.setdefault(getattr(thing, attribute), []).append(thing)
    return groups
