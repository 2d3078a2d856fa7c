"""The sentences and groups a report is made of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from expectations.gate import judge
from expectations.results import Check, RunReport, Step
from expectations.view import build_view

MakeCheck = Callable[..., Check]
MakeReport = Callable[..., RunReport]


@pytest.mark.parametrize(
    ("found", "headline", "sentence"),
    [
        ([], "Not checked", "No check was made, so nothing is known about the data."),
        ([("passed", "critical")] * 2, "Passed", "2 checks made, and every one holds."),
        (
            [("passed", "critical"), ("failed", "warning")],
            "Passed",
            "Every critical check holds, 1 of 2 in all; 1 warning besides.",
        ),
        (
            [("failed", "critical"), ("not_checked", "critical")],
            "Failed",
            "1 critical check of 2 failed.",
        ),
        ([("not_checked", "critical")] * 2, "Not checked", "2 checks of 2 gave no answer."),
    ],
)
def test_the_verdict_is_one_sentence(
    make_report: MakeReport,
    make_check: MakeCheck,
    found: list[tuple[str, str]],
    headline: str,
    sentence: str,
) -> None:
    verdict = judge(make_check(*each) for each in found)
    shown = build_view(make_report(verdict=verdict))
    assert (shown.headline, shown.sentence) == (headline, sentence)


def test_a_run_that_failed_never_looks_passed(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    report = make_report(
        status="failed",
        verdict=judge([make_check()]),
        steps=[Step(name="publish", status="failed")],
    )
    shown = build_view(report)
    assert (shown.headline, shown.outcome) == ("Failed", "failed")
    assert shown.sentence.startswith("The run broke off in the step publish. 1 check made")


@pytest.mark.parametrize(
    ("found", "headline"), [("failed", "Failed"), ("not_checked", "Not checked")]
)
def test_a_run_that_only_its_gate_held_back_did_not_break_off(
    make_report: MakeReport, make_check: MakeCheck, found: str, headline: str
) -> None:
    shown = build_view(make_report(status="failed", verdict=judge([make_check(found)])))
    assert shown.headline == headline
    assert "broke off" not in shown.sentence


def test_critical_failures_come_before_warnings(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    checks = [make_check("failed", "warning"), make_check("failed", "critical")]
    shown = build_view(make_report(verdict=judge(checks)))
    assert [failure.check.severity for failure in shown.failures] == ["critical", "warning"]


def test_checks_without_an_answer_are_grouped_by_reason(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    checks = [
        make_check("not_checked", detail="no table", table="gold.fct_b"),
        make_check("not_checked", detail="no table", table="gold.fct_a"),
        make_check("not_checked", "warning", detail="no table"),
    ]
    critical, warning = build_view(make_report(verdict=judge(checks))).gaps
    assert (critical.reason, critical.critical, critical.names) == (
        "no table",
        True,
        ["gold.fct_a rule", "gold.fct_b rule"],
    )
    assert not warning.critical
