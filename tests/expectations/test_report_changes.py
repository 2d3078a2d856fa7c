"""What a report says has changed since the run before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from expectations.changes import changes
from expectations.gate import judge
from expectations.results import Check, CheckHistory, Outcome, PreviousRun, RunReport, TrendPoint

MakeCheck = Callable[..., Check]
MakeReport = Callable[..., RunReport]

YESTERDAY = datetime(2026, 11, 19, 15, tzinfo=UTC)
BEFORE = PreviousRun(
    run_id="run_0",
    finished_at=YESTERDAY,
    outcome="not_checked",
    passed=3,
    failed=0,
    warnings=0,
    not_checked=1,
)


def history(check_id: str, before: Outcome | None) -> CheckHistory:
    return CheckHistory(
        check_id=check_id,
        outcome_before=before,
        first_failed_at=None,
        failing_runs=0,
        flips=0,
        runs=2,
    )


def point(run_id: str, *, days_ago: int, received: int, loaded: int) -> TrendPoint:
    return TrendPoint(
        run_id=run_id,
        finished_at=YESTERDAY - timedelta(days=days_ago),
        outcome="passed",
        failed=0,
        warnings=0,
        not_checked=0,
        rows_received=received,
        rows_loaded=loaded,
        seconds=1,
    )


@pytest.mark.parametrize(
    ("before", "now", "group"),
    [
        ("passed", "failed", "Newly failing"),
        ("passed", "not_checked", "Newly failing"),
        ("failed", "passed", "Mended"),
        ("not_checked", "failed", "Newly failing"),
        ("not_checked", "passed", "Answered"),
        (None, "failed", "New checks"),
        (None, "passed", "New checks"),
        ("passed", "passed", None),
        ("failed", "not_checked", None),
    ],
)
def test_a_check_that_stands_otherwise_is_told(
    make_report: MakeReport,
    make_check: MakeCheck,
    before: Outcome | None,
    now: Outcome,
    group: str | None,
) -> None:
    check = make_check(now)
    report = make_report(
        verdict=judge([check]), previous=BEFORE, history=[history(check.check_id, before)]
    )
    told = changes(report)
    assert told is not None
    assert told.groups == ({group: ["gold.fct_payments rule"]} if group else {})


def test_a_check_that_is_asked_no_more_is_told(make_report: MakeReport) -> None:
    told = changes(make_report(previous=BEFORE, gone=["old"]))
    assert told is not None
    assert told.groups == {"Checks that are gone": ["old"]}


def test_the_sentence_counts_and_names_the_run_before(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    checks = [make_check("failed", name="a"), make_check(name="b"), make_check(name="c")]
    before = zip(checks, ("passed", "failed", "failed"), strict=True)
    told = changes(
        make_report(
            verdict=judge(checks),
            previous=BEFORE,
            history=[history(check.check_id, outcome) for check, outcome in before],
            trends=[
                point("run_a", days_ago=3, received=100, loaded=90),
                point("run_b", days_ago=2, received=50, loaded=7),
                point("quality", days_ago=1, received=0, loaded=0),
                point("run_1", days_ago=0, received=308, loaded=105),
            ],
        )
    )
    assert told is not None
    assert told.sentence == (
        "1 newly failing, 2 mended since the run before (2026-11-19 15:00:00 UTC, not checked)."
        " 105 rows new or changed, 7 in the load before."
    )


def test_a_first_run_has_nothing_to_compare_with(make_report: MakeReport) -> None:
    assert changes(make_report()) is None
