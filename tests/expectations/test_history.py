"""Since when, how often, and how the run before fared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.gate import judge
from expectations.history import (
    KEPT_RUNS,
    check_histories,
    check_history,
    gone_checks,
    previous_run,
    trends,
)
from expectations.record import record
from expectations.results import Check, Outcome

MakeCheck = Callable[..., Check]
START = datetime(2026, 11, 20, tzinfo=UTC)
OUTCOMES = st.lists(st.sampled_from(["passed", "failed", "not_checked"]), min_size=1)


def told(*newest_first: Outcome) -> tuple[object, ...]:
    moments = [START - timedelta(days=at) for at in range(len(newest_first))]
    found = check_history("id", newest_first, moments)
    began = found.first_failed_at and (START - found.first_failed_at).days
    return found.outcome_before, began, found.failing_runs, found.flips


@pytest.mark.parametrize(
    ("outcomes", "history"),
    [
        (["passed"], (None, None, 0, 0)),
        (["failed"], (None, 0, 1, 0)),
        (["failed", "failed", "passed"], ("failed", 1, 2, 1)),
        (["passed", "failed", "passed", "failed"], ("failed", None, 0, 3)),
        (["not_checked", "failed", "passed"], ("failed", 1, 2, 2)),
    ],
)
def test_a_streak_has_a_length_and_a_beginning(
    outcomes: list[Outcome], history: tuple[object, ...]
) -> None:
    assert told(*outcomes) == history


@given(OUTCOMES)
def test_one_more_pass_ends_any_streak_and_one_more_failure_lengthens_it(
    outcomes: list[Outcome],
) -> None:
    streak = told(*outcomes)[2]
    assert isinstance(streak, int)
    assert told("passed", *outcomes)[1:3] == (None, 0)
    assert told("failed", *outcomes)[1:3] == (streak, streak + 1)


@given(OUTCOMES)
def test_outcomes_that_stay_do_not_flip(outcomes: list[Outcome]) -> None:
    flips = told(*outcomes)[3]
    assert told(outcomes[0], *outcomes)[3] == flips
    assert 0 <= flips < len(outcomes)  # type: ignore[operator]


def run(connection: duckdb.DuckDBPyConnection, number: int, *checks: Check) -> str:
    record(connection, f"run_{number}", judge(checks), started_at=START)
    return f"run_{number}"


def test_the_runs_before_are_told_oldest_first(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    run(connection, 1, make_check("failed"))
    run(connection, 2, make_check("failed"), make_check(name="gone"))
    last = run(connection, 3, make_check(), make_check("failed", "warning", name="new"))
    assert [point.run_id for point in trends(connection, last)] == ["run_1", "run_2", "run_3"]
    previous = previous_run(connection, last)
    assert previous is not None
    assert (previous.run_id, previous.outcome, previous.failed) == ("run_2", "failed", 1)
    histories = {
        each.check_id.rpartition(":")[2]: each for each in check_histories(connection, last)
    }
    assert set(histories) == {"rule", "new"}
    assert [each.rpartition(":")[2] for each in gone_checks(connection, last)] == ["gone"]
    assert (histories["rule"].outcome_before, histories["rule"].runs) == ("failed", 3)
    assert (histories["new"].outcome_before, histories["new"].failing_runs) == (None, 1)


def test_a_report_of_an_earlier_run_knows_nothing_of_later_ones(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    first = run(connection, 1, make_check("failed"))
    run(connection, 2, make_check())
    assert [point.run_id for point in trends(connection, first)] == ["run_1"]
    assert previous_run(connection, first) is None
    (history,) = check_histories(connection, first)
    assert (history.failing_runs, history.runs) == (1, 1)


def test_kinds_that_a_run_is_not_asked_are_not_gone(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    run(connection, 1, make_check(), make_check(kind="completeness"))
    assert gone_checks(connection, run(connection, 2, make_check(), make_check(name="new"))) == []


def test_only_the_last_runs_are_looked_at(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    for number in range(KEPT_RUNS + 2):
        last = run(connection, number, make_check("failed"))
    (history,) = check_histories(connection, last)
    assert (history.runs, history.failing_runs) == (KEPT_RUNS, KEPT_RUNS)
    assert len(trends(connection, last)) == KEPT_RUNS


def test_where_nothing_was_recorded_there_is_no_history(make_check: MakeCheck) -> None:
    connection = duckdb.connect()
    run(connection, 1, make_check())
    assert check_histories(connection, "run_2") == []
    assert trends(connection, "run_2") == []
