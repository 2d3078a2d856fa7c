"""The gate: judges the checks."""

from __future__ import annotations

from collections.abc import Iterable

from expectations.results import Check, Outcome, Verdict


def judge(checks: Iterable[Check]) -> Verdict:
    """A gate without a check, or with a critical one that gave no answer, has not passed."""
    asked = list(checks)
    decisive = {check.outcome for check in asked if check.decides}
    outcome: Outcome = "passed"
    if "failed" in decisive:
        outcome = "failed"
    elif decisive or not asked:
        outcome = "not_checked"
    return Verdict(outcome=outcome, checks=asked)
