"""What became of models and checks, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from expectations.failures import Failure, failed_checks, failures
from expectations.gaps import Gap, gaps
from expectations.results import Check, ModelResult, RunReport
from expectations.wording import count, listed
from scripts.console import Output

_SHOWN = 10
_COLUMNS = 6


def show_built(output: Output, models: Sequence[ModelResult]) -> None:
    rows = [(model.name, model.layer, model.status, f"{model.seconds:.2f}") for model in models]
    if rows:
        output.table("Built", ("model", "layer", "status", "seconds"), rows)


def show_checks(output: Output, checks: Sequence[Check]) -> None:
    """What of them did not pass, where no gate has told since when."""
    _show(output, failed_checks(checks), gaps(checks))


def show_report(output: Output, report: RunReport) -> None:
    """What did not pass, the worst first, then what could not be asked, by reason."""
    _show(output, failures(report), gaps(report.verdict.checks))


def _show(output: Output, failed: Sequence[Failure], unanswered: Iterable[Gap]) -> None:
    for failure in failed[:_SHOWN]:
        check = failure.check
        facts = {
            "expected": check.expected,
            "observed": check.observed,
            "such as": _example(check),
            "since": failure.since.removeprefix("since "),
            "hit": listed(failure.exposures, most=3) if check.decides else "",
            "do": check.detail,
        }
        word = "FAILED" if check.decides else "WARNING"
        output.block(f"{word}: {check.table} {check.name}", list(facts.items()))
    if len(failed) > _SHOWN:
        output.say(f"… and {len(failed) - _SHOWN} more: see the report")
    for gap in unanswered:
        what = f"{count(len(gap.checks), 'check')}, {listed(gap.names, most=3)}"
        stops = "so it cannot pass" if gap.critical else ""
        output.block(f"NOT CHECKED: {what}", [("because", gap.reason), ("which decides", stops)])


def _example(check: Check) -> str:
    """A row of it, as far as a line of a terminal is of use."""
    first = check.sample[0] if check.sample else {}
    return ", ".join(f"{name}={value}" for name, value in list(first.items())[:_COLUMNS])
