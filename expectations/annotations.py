"""What did not pass as GitHub workflow commands: it shows each at the line that declares the check.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from expectations.ordering import check_order
from expectations.results import Check, RunReport
from expectations.wording import count

SHOWN = 10
"""GitHub shows so many errors, and so many warnings, of a step."""
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = _MESSAGE | {":": "%3A", ",": "%2C"}


def annotation_lines(report: RunReport) -> list[str]:
    """Lines for standard output: an error for what keeps the run from passing, else a warning.

    What failed comes before what gave no answer, for that often only follows.
    """
    broken = [step for step in report.steps if step.status == "failed"]
    checks = [check for check in report.verdict.checks if check.outcome != "passed"]
    checks.sort(key=lambda check: (check.outcome, not check.location, check_order(check)))
    errors = [_line("error", step.name, step.detail) for step in broken]
    errors += [_of_check("error", check) for check in checks if check.decides]
    warnings = [_of_check("warning", check) for check in checks if not check.decides]
    return [*_first("error", errors), *_first("warning", warnings)]


def _first(level: str, lines: list[str]) -> Iterator[str]:
    """As many as are shown, the last of them telling how many are left out."""
    if len(lines) <= SHOWN:
        yield from lines
        return
    yield from lines[: SHOWN - 1]
    left = count(len(lines) - SHOWN + 1, f"more {level}")
    yield _line(level, "Hallmark", f"{left}: see the report")


def _of_check(level: str, check: Check) -> str:
    told = [f"expected: {check.expected}"]
    told += [f"observed: {check.observed}"] if check.observed else []
    told += [check.detail] if check.detail else []
    told += [f"waived: {check.waived}"] if check.waived else []
    file, _, line = check.location.rpartition(":")
    place = {"file": file, "line": line} if file else {}
    title = f"{check.table} {check.name} {check.outcome.replace('_', ' ')}".strip()
    return _line(level, title, "\n".join(told), **place)


def _line(level: str, title: str, message: str, **place: str) -> str:
    named = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in place.items())
    title = f"title={_escaped(title, _PROPERTY)}"
    return f"::{level} {','.join(filter(None, (named, title)))}::{_escaped(message, _MESSAGE)}"


def _escaped(text: str, codes: dict[str, str]) -> str:
    return "".join(codes.get(character, character) for character in text)
