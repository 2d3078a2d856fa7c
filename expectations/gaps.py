"""Checks that gave no answer, those of one reason together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from expectations.results import Check


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Checks that gave no answer for one and the same reason; `critical` ones decide."""

    reason: str
    critical: bool
    checks: list[Check]

    @property
    def names(self) -> list[str]:
        return sorted(f"{check.table} {check.name}".strip() for check in self.checks)


def gaps(checks: Iterable[Check]) -> Iterator[Gap]:
    """What decides first."""

    def reason(check: Check) -> tuple[bool, str]:
        return not check.decides, check.detail or check.observed

    unanswered = sorted((each for each in checks if each.outcome == "not_checked"), key=reason)
    for (idle, why), alike in groupby(unanswered, key=reason):
        yield Gap(reason=why, critical=not idle, checks=list(alike))
