"""Plots of runs: what their columns stand for, and what they say to who cannot see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.plots import FEWEST_SLOTS, HEIGHT, plots
from expectations.results import TrendPoint

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


def point(day: int, *, failed: int = 0, warnings: int = 0, received: int = 0) -> TrendPoint:
    return TrendPoint(
        run_id=f"run_{day:03}",
        finished_at=START + timedelta(days=day),
        outcome="failed" if failed else "passed",
        failed=failed,
        warnings=warnings,
        not_checked=0,
        rows_received=received,
        rows_loaded=received // 4,
        seconds=30.0,
    )


def test_a_plot_says_in_a_sentence_what_it_shows() -> None:
    checks, rows, time = plots([point(0, received=1200), point(1, failed=3, warnings=1)])
    assert checks.told == (
        "Checks that did not pass in the last 2 runs: 4 checks in the newest,"
        " between 0 checks and 4 checks."
    )
    assert (rows.last, rows.top) == ("0 rows", "1,200 rows")
    assert time.columns[1].told == "2026-11-02 09:00, failed: 30 s"


def test_parts_stand_upon_each_other_the_worst_at_the_bottom() -> None:
    checks, _, _ = plots([point(0), point(1, failed=3, warnings=1)])
    failed, warned = checks.columns[1].segments
    assert (failed.tone, failed.y, failed.height) == ("failed", 10, 30)
    assert (warned.tone, warned.y, warned.height) == ("warned", 0, 10)


def test_the_newest_run_is_at_the_right_whatever_the_order_of_points() -> None:
    checks, _, _ = plots([point(2), point(0), point(1)])
    assert checks.slots == FEWEST_SLOTS
    assert [column.x for column in checks.columns] == [17, 18, 19]
    assert checks.columns[-1].told.startswith("2026-11-03")


@pytest.mark.parametrize("points", [[], [point(0)]])
def test_a_single_run_is_no_trend(points: list[TrendPoint]) -> None:
    assert plots(points) == []


@given(st.lists(st.tuples(*[st.integers(0, 10**9)] * 3), min_size=2, max_size=60))
def test_no_column_leaves_its_plot(runs: list[tuple[int, int, int]]) -> None:
    points = [
        point(day, failed=failed, warnings=warnings, received=received)
        for day, (failed, warnings, received) in enumerate(runs)
    ]
    for plot in plots(points):
        for column in plot.columns:
            assert 0 <= column.x < plot.slots
            for segment in column.segments:
                assert segment.y >= -0.02
                assert segment.y + segment.height <= HEIGHT + 0.02
