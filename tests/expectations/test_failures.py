"""Failures in their order, with their past and their readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from expectations.failures import failures
from expectations.gate import judge
from expectations.results import Check, CheckHistory, Exposure, Impact, RunReport

MakeCheck = Callable[..., Check]
MakeReport = Callable[..., RunReport]


@pytest.mark.parametrize(
    ("failing_runs", "flips", "since"),
    [
        (1, 1, "new in this run"),
        (4, 1, "since 2026-11-17 09:30:00 UTC, 4 runs in a row"),
        (1, 5, "new in this run; turned 5 times in 20 runs"),
        (0, 0, ""),
    ],
)
def test_a_failure_tells_since_when(
    make_report: MakeReport, make_check: MakeCheck, failing_runs: int, flips: int, since: str
) -> None:
    check = make_check("failed")
    history = CheckHistory(
        check_id=check.check_id,
        outcome_before="failed",
        first_failed_at=datetime(2026, 11, 17, 9, 30, tzinfo=UTC),
        failing_runs=failing_runs,
        flips=flips,
        runs=20,
    )
    (failure,) = failures(make_report(verdict=judge([check]), history=[history]))
    assert failure.since == since


def test_what_decides_comes_first_whatever_dbt_finished_first(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    checks = [
        make_check("failed", "warning", name="d"),
        replace(make_check("failed", name="c"), waived="known"),
        make_check("failed", name="b"),
        make_check("failed", name="a", kind="dbt_test"),
        make_check(name="passes"),
    ]
    told = failures(make_report(verdict=judge(checks)))
    assert [(failure.check.name, failure.tone) for failure in told] == [
        ("a", "failed"),
        ("b", "failed"),
        ("c", "warned"),
        ("d", "warned"),
    ]


def test_the_first_failure_of_a_table_names_who_reads_it(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    board = Exposure(name="Board", owner="Head of Finance", url="")
    impact = Impact(table="gold.fct_payments", models=["pub_payments_v1"], exposures=[board])
    checks = [
        make_check("failed", name="a"),
        make_check("failed", name="b"),
        make_check("failed", table="gold.other"),
    ]
    hit, again, unknown = failures(make_report(verdict=judge(checks), impacts=[impact]))
    assert hit.readers == ["Board (Head of Finance)", "pub_payments_v1"]
    assert again.readers == unknown.readers == []


def test_a_sample_has_the_columns_of_all_its_rows(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    check = replace(make_check("failed"), sample=[{"id": "1", "a": "2"}, {"id": "3", "b": "4"}])
    (failure,) = failures(make_report(verdict=judge([check])))
    assert failure.columns == ["id", "a", "b"]
