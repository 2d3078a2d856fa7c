"""Checks that failed: since when, and who reads what they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from expectations.ordering import check_order
from expectations.results import Check, CheckHistory, Impact, RunReport
from expectations.wording import instant

FLAKY_FLIPS = 3
"""A check that turned so often in the kept runs says more about itself than about one run."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A check that failed, since when, and who reads what it is about."""

    check: Check
    since: str
    impact: Impact | None

    @property
    def tone(self) -> str:
        return "failed" if self.check.decides else "warned"

    @property
    def readers(self) -> list[str]:
        """Exposures with whom to tell, then models."""
        return self.exposures + (self.impact.models if self.impact else [])

    @property
    def exposures(self) -> list[str]:
        found = self.impact.exposures if self.impact else []
        return [f"{each.name} ({each.owner})" for each in found]

    @property
    def columns(self) -> list[str]:
        """The names of what its sample shows, in the order in which rows bring them."""
        return list(dict.fromkeys(name for row in self.check.sample for name in row))


def failures(report: RunReport) -> list[Failure]:
    """What decides first; who reads a table is told with its first failure only."""
    known = {each.check_id: each for each in report.history}
    impacts = {impact.table: impact for impact in report.impacts}
    return [
        Failure(
            check=check,
            since=_since(known.get(check.check_id)),
            impact=impacts.pop(check.table, None),
        )
        for check in _worst_first(report.verdict.checks)
    ]


def failed_checks(checks: Iterable[Check]) -> list[Failure]:
    """The same of checks alone, where no gate has told since when."""
    return [Failure(check=check, since="", impact=None) for check in _worst_first(checks)]


def _worst_first(checks: Iterable[Check]) -> list[Check]:
    return sorted(
        (check for check in checks if check.outcome == "failed"),
        key=lambda check: (not check.decides, check.severity, check_order(check)),
    )


def _since(history: CheckHistory | None) -> str:
    """Since when a check has not passed, and whether it keeps turning; "" without a history."""
    if history is None or not history.failing_runs:
        return ""
    told = "new in this run"
    if history.failing_runs > 1 and history.first_failed_at is not None:
        told = f"since {instant(history.first_failed_at)}, {history.failing_runs:,} runs in a row"
    if history.flips >= FLAKY_FLIPS:
        told += f"; turned {history.flips:,} times in {history.runs:,} runs"
    return told
