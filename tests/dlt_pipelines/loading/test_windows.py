from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.odcs import Paging
from dlt_pipelines.errors import PaginationError
from dlt_pipelines.loading import windows
from dlt_pipelines.loading.windows import NEW, Extent, Order, Window

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = 86_400
TODAY = int(NOW.timestamp())
OVERLAP = 300
PAGING = Paging(type="cursor", since_param="from", until_param="to")


class Clock(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW


@pytest.fixture(autouse=True, scope="module")
def clock() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "datetime", Clock)
        yield


def test_without_cursor_and_days_everything_is_read() -> None:
    assert NEW.since(None, OVERLAP) is None


def test_a_cursor_is_read_again_behind_its_overlap() -> None:
    assert NEW.since(TODAY, OVERLAP) == TODAY - OVERLAP


def test_a_window_never_starts_before_time() -> None:
    assert NEW.since(100, OVERLAP) == 0


def test_days_set_the_first_window() -> None:
    assert Extent(days=7).since(None, OVERLAP) == TODAY - 7 * DAY


def test_days_widen_a_later_window() -> None:
    assert Extent(days=7).since(TODAY - DAY, OVERLAP) == TODAY - 7 * DAY


def test_days_do_not_skip_what_came_since_an_old_cursor() -> None:
    assert Extent(days=7).since(TODAY - 30 * DAY, OVERLAP) == TODAY - 30 * DAY - OVERLAP


@given(st.integers(0, 2 * TODAY), st.integers(0, DAY), st.integers(1, 10_000))
def test_days_never_narrow_a_window(reached: int, overlap: int, days: int) -> None:
    without, widened = NEW.since(reached, overlap), Extent(days=days).since(reached, overlap)
    assert without is not None and widened is not None
    assert widened <= without


@given(st.integers(0, 2 * TODAY), st.integers(0, DAY))
def test_a_window_begins_no_later_than_the_cursor(reached: int, overlap: int) -> None:
    since = NEW.since(reached, overlap)
    assert since is not None
    assert 0 <= since <= reached


def test_whole_is_everything_and_a_backfill_is_its_window() -> None:
    assert Extent(whole=True, days=7).since(TODAY, OVERLAP) is None
    assert Extent(window=Window(5, 9)).since(TODAY, OVERLAP) == 5
    assert Extent(window=Window(None, 9)).since(TODAY, OVERLAP) is None


def test_a_window_asks_for_the_ends_it_has() -> None:
    assert Window(5, 9).params(PAGING) == {"from": 5, "to": 9}
    assert Window(0, None).params(PAGING) == {"from": 0}
    assert Window().params(PAGING) == {}
    assert [each.filters for each in (Window(), Window(0), Window(None, 0))] == [False, True, True]


def test_a_window_begins_with_its_first_second_and_ends_before_its_last() -> None:
    Window(5, 9).check([8, 5])
    Window(5, 9).check([])
    Window().check([0, 10**10])


@pytest.mark.parametrize(
    ("window", "moments", "got"),
    [((5, 9), [6, 4], 4), ((5, 9), [9, 8], 9), ((None, 9), [10], 10), ((5, None), [4], 4)],
)
def test_a_row_outside_its_window_is_page001(
    window: tuple[int, int], moments: list[int], got: int
) -> None:
    with pytest.raises(
        PaginationError, match=rf"PAGE001.*outside the window.*\(entity=charges.*got={got}"
    ):
        Window(*window).check(moments, entity="charges")


@pytest.mark.parametrize(
    ("pages", "newest_first"),
    [
        ([[3, 2], [2, 1]], True),
        ([[2, 2], [2, 1]], True),
        ([[1, 2], [3, 4]], False),
        ([[3, 2], [4, 1]], False),
        ([[2, 2], [2]], False),
        ([[], [1]], False),
    ],
    ids=["falling", "ties", "rising", "jumping", "all the same", "nothing to compare"],
)
def test_an_order_is_newest_first_only_when_it_falls_and_never_rises(
    pages: list[list[int]], newest_first: bool
) -> None:
    order = Order()
    for page in pages:
        order.see(page)
    assert order.newest_first == newest_first
