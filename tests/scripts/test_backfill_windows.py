from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.backfill import Stretch, extent, misuse, windows

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


@given(MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(days=900)), st.integers(1, 400))
def test_windows_leave_no_gap_and_never_overlap(
    begin: datetime, length: timedelta, days: int
) -> None:
    end = begin + length
    found = windows(begin, end, days)
    assert (found[0].start, found[-1].end) == (begin, end)
    assert all(one.end == other.start for one, other in pairwise(found))
    asked = [extent(each.start, each.end).window for each in found]
    assert all(one and other and one.until == other.since for one, other in pairwise(asked))
    assert all(timedelta(0) < each.end - each.start <= timedelta(days=days) for each in found)
    assert all(each.end - each.start == timedelta(days=days) for each in found[:-1])


def test_a_week_in_three_days_is_two_windows_and_a_rest() -> None:
    found = windows(JANUARY, JANUARY + timedelta(days=7), 3)
    assert [each.start.day for each in found] == [1, 4, 7]


@pytest.mark.parametrize(
    ("sources", "entities", "stretch", "message"),
    [
        (["payments"], [], Stretch(JANUARY, FEBRUARY, 7), ""),
        (["payments"], [], Stretch(JANUARY, None, 7), ""),
        (["payments"], ["events", "charges"], Stretch(JANUARY, FEBRUARY, 7), ""),
        (["payments"], ["events"], Stretch(JANUARY, FEBRUARY, 7), "reads no events"),
        (["payments"], [], Stretch(FEBRUARY, FEBRUARY, 7), "before --to"),
        (["payments"], [], Stretch(FEBRUARY, JANUARY, 7), "before --to"),
        (["payments"], [], Stretch(datetime.max.replace(tzinfo=UTC), None, 7), "future"),
        (["payments"], [], Stretch(JANUARY, datetime.max.replace(tzinfo=UTC), 7), "future"),
        (["zephyr"], [], Stretch(JANUARY, FEBRUARY, 7), "no filter by time"),
        (["payments", "zephyr"], [], Stretch(JANUARY, FEBRUARY, 7), "one source"),
    ],
)
def test_what_cannot_be_backfilled_is_said(
    sources: list[str], entities: list[str], stretch: Stretch, message: str
) -> None:
    wrong = misuse(sources, entities, stretch)
    assert message in wrong
    assert bool(message) == bool(wrong)
