"""What is different from the run before: checks that turned, came or went, and rows."""

from __future__ import annotations

from dataclasses import dataclass

from expectations.results import Check, CheckHistory, Outcome, PreviousRun, RunReport
from expectations.wording import count, instant

NEWLY_FAILING, MENDED, ANSWERED = "Newly failing", "Mended", "Answered"
NEW, GONE = "New checks", "Checks that are gone"


_TURNED: dict[tuple[Outcome, Outcome], str] = {
    ("passed", "failed"): NEWLY_FAILING,
    ("not_checked", "failed"): NEWLY_FAILING,
    ("passed", "not_checked"): NEWLY_FAILING,
    ("failed", "passed"): MENDED,
    ("not_checked", "passed"): ANSWERED,
}
"""What it is called when a check's outcome is another than before."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """`groups` names the checks that stand otherwise than in the run before, by how."""

    sentence: str
    groups: dict[str, list[str]]


def changes(report: RunReport) -> Changes | None:
    """None when there is no run to compare with."""
    if report.previous is None:
        return None
    history = {each.check_id: each for each in report.history}
    kinds = (NEWLY_FAILING, MENDED, ANSWERED, NEW)
    groups: dict[str, list[str]] = {kind: [] for kind in kinds} | {GONE: report.gone}
    for check in report.verdict.checks:
        if how := _how(check, history.get(check.check_id)):
            groups[how].append(f"{check.table} {check.name}".strip())
    return Changes(
        sentence=_sentence(report.previous, groups) + _rows(report),
        groups={how: names for how, names in groups.items() if names},
    )


def _how(check: Check, history: CheckHistory | None) -> str:
    """How a check has changed; "" when it has not, or nothing is known of it."""
    if history is None:
        return ""
    if history.outcome_before is None:
        return NEW
    return _TURNED.get((history.outcome_before, check.outcome), "")


def _sentence(before: PreviousRun, groups: dict[str, list[str]]) -> str:
    told = f"{len(groups[NEWLY_FAILING]) or 'Nothing'} newly failing"
    if groups[MENDED]:
        told += f", {len(groups[MENDED]):,} mended"
    outcome = before.outcome.replace("_", " ")
    return f"{told} since the run before ({instant(before.finished_at)}, {outcome})."


def _rows(report: RunReport) -> str:
    """Rows stored by this run and by the last one before it that loaded, when this one loaded."""
    loads = [each for each in report.trends if each.rows_received and each.run_id != report.run_id]
    if not report.ledger or not loads:
        return ""
    last = max(loads, key=lambda each: each.finished_at)
    stored = sum(row.loaded for row in report.ledger)
    return f" {count(stored, 'row')} new or changed, {last.rows_loaded:,} in the load before."
