"""The lines GitHub makes annotations of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from expectations.annotations import SHOWN, annotation_lines
from expectations.gate import judge
from expectations.results import Check, RunReport, Step

MakeCheck = Callable[..., Check]
MakeReport = Callable[..., RunReport]


def lines_of(make_report: MakeReport, *checks: Check, **fields: object) -> list[str]:
    return annotation_lines(make_report(verdict=judge(checks), **fields))


def test_a_failure_is_an_error_at_the_line_that_declares_the_check(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    check = replace(make_check("failed"), location="dbt_project/models/gold/fct_payments.yml:12")
    (line,) = lines_of(make_report, check)
    assert line == (
        "::error file=dbt_project/models/gold/fct_payments.yml,line=12,"
        "title=gold.fct_payments rule failed"
        "::expected: what should be%0Aobserved: what is%0Awhat to do"
    )


@pytest.mark.parametrize(
    ("outcome", "severity", "waived", "level"),
    [
        ("failed", "critical", "", "error"),
        ("not_checked", "critical", "", "error"),
        ("failed", "warning", "", "warning"),
        ("not_checked", "warning", "", "warning"),
        ("failed", "critical", "known", "warning"),
    ],
)
def test_only_what_decides_is_an_error(
    make_report: MakeReport,
    make_check: MakeCheck,
    outcome: str,
    severity: str,
    waived: str,
    level: str,
) -> None:
    check = replace(make_check(outcome, severity), waived=waived)
    (line,) = lines_of(make_report, make_check(), check)
    assert line.startswith(f"::{level} title=gold.fct_payments rule {outcome.replace('_', ' ')}::")
    assert ("waived: known" in line) is bool(waived)


def test_a_step_that_broke_off_is_an_error(make_report: MakeReport) -> None:
    steps = [Step(name="load zephyr", status="failed", detail="[AUTH001] the token was refused")]
    (line,) = lines_of(make_report, steps=steps)
    assert line == "::error title=load zephyr::[AUTH001] the token was refused"


def test_no_text_makes_a_command_of_its_own(make_report: MakeReport, make_check: MakeCheck) -> None:
    hostile = "50%\r\n::error::x, y: z"
    (line,) = lines_of(make_report, make_check("failed", name=hostile, observed=hostile))
    assert "\n" not in line
    assert "\r" not in line
    title, message = line.removeprefix("::error title=").split("::", 1)
    assert title == "gold.fct_payments 50%25%0D%0A%3A%3Aerror%3A%3Ax%2C y%3A z failed"
    assert "observed: 50%25%0D%0A::error::x, y: z" in message


def test_more_than_github_shows_are_counted(make_report: MakeReport, make_check: MakeCheck) -> None:
    checks = [make_check("failed", name=f"rule_{number:02}") for number in range(SHOWN + 3)]
    lines = lines_of(make_report, *checks, make_check("failed", "warning"))
    assert len(lines) == SHOWN + 1
    assert lines[SHOWN - 1] == "::error title=Hallmark::4 more errors: see the report"
    assert "rule_08" in lines[SHOWN - 2]


def test_what_failed_comes_before_what_gave_no_answer(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    checks = [
        make_check("not_checked", name="rule_a"),
        make_check("failed", name="rule_b"),
        replace(make_check("failed", name="rule_c"), location="dbt_project/c.yml:1"),
    ]
    titles = [line.partition("rule_")[2][0] for line in lines_of(make_report, *checks)]
    assert titles == ["c", "b", "a"]


def test_a_run_that_passed_has_none(make_report: MakeReport, make_check: MakeCheck) -> None:
    assert lines_of(make_report, make_check()) == []
