"""What became of models and checks, for people."""

from __future__ import annotations

from collections.abc import Sequence

from expectations.results import Check, ModelResult
from scripts.console import Output

_SHOWN = 10


def show_built(output: Output, models: Sequence[ModelResult]) -> None:
    rows = [(model.name, model.layer, model.status, f"{model.seconds:.2f}") for model in models]
    if rows:
        output.table("Built", ("model", "layer", "status", "seconds"), rows)


def show_failures(output: Output, checks: Sequence[Check]) -> None:
    failed = [check for check in checks if check.outcome != "passed"]
    for check in sorted(failed, key=lambda each: (each.severity, each.outcome))[:_SHOWN]:
        facts = {"expected": check.expected, "observed": check.observed, "do": check.detail}
        output.block(f"{_word(check)}: {check.table} {check.name}", list(facts.items()))
    if len(failed) > _SHOWN:
        output.say(f"… and {len(failed) - _SHOWN} more: see the report")


def _word(check: Check) -> str:
    """What came of a check that did not pass, in a word; a warning never decides."""
    if check.outcome == "not_checked":
        return "NOT CHECKED"
    return "FAILED" if check.decides else "WARNING"
