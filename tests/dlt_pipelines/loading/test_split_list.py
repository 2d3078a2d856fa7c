"""A list that is split by time leaves no gap, whatever the server holds and however it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.odcs import Paging
from dlt_pipelines.errors import PaginationError
from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.client import Refused
from dlt_pipelines.loading.decode import Decoded
from dlt_pipelines.loading.prefetch import SideBySide
from dlt_pipelines.loading.windows import SplitList, Window

PAGING = Paging(type="cursor", since_param="from", until_param="to")
Manners = Literal["good", "deaf to until", "deaf", "refuses probes"]


class Server:
    """Lists rows newest first, `size` a page; its `manners` are how it takes the filter."""

    def __init__(self, moments: list[int], size: int, manners: Manners = "good") -> None:
        falling = sorted(moments, reverse=True)
        self.rows = [SimpleNamespace(id=n, created=moment) for n, moment in enumerate(falling)]
        self.asked: list[Mapping[str, int]] = []
        self._size = size
        self._manners = manners

    def ask(self, filters: Mapping[str, int], limit: int | None) -> Iterator[Answer]:
        self.asked.append(filters)
        if self._manners == "refuses probes" and limit == 1:
            raise Refused("the server refused")
        found = [row for row in self.rows if self._lets(row.created, filters)]
        size = limit or self._size
        for start in range(0, max(1, len(found)), size):
            yield self._answer(found[start : start + size], start + size < len(found))

    def _lets(self, moment: int, filters: Mapping[str, int]) -> bool:
        since = 0 if self._manners == "deaf" else filters.get("from", 0)
        until = 10**6 if self._manners.startswith("deaf") else filters.get("to", 10**6)
        return since <= moment < until

    def _answer(self, rows: list[Any], more: bool) -> Answer:
        decoded = Decoded(rows=rows, rejects=[], more=more, total=None, key="id")
        page: Any = None  # nothing here looks at what was landed
        return Answer("part-00000", page, decoded, landed=False)


def read(server: Server, window: Window, workers: int) -> list[Any]:
    """The rows that come, each checked as the load checks it."""
    draw: Any = lambda streams, _: chain.from_iterable(streams)  # noqa: E731
    rows: list[Any] = []
    for answer, part in SplitList(server.ask, PAGING, "created", draw, workers).pages(window):
        part.check([row.created for row in answer.decoded.rows])
        rows.extend(answer.decoded.rows)
    return rows


BURSTS = st.builds(lambda moment, count: [moment] * count, st.integers(1, 5000), st.integers(1, 12))
STRETCHES = st.builds(
    lambda start, step, count: list(range(start, start + step * count, step)),
    st.integers(1, 5000),
    st.integers(1, 9),
    st.integers(20, 120),
)
MOMENTS = st.lists(BURSTS | STRETCHES, max_size=4).map(
    lambda parts: list(chain.from_iterable(parts))
)
ENDS = st.none() | st.integers(0, 6500)
WINDOWS = st.builds(Window, ENDS, ENDS)


@settings(max_examples=300)
@given(MOMENTS, st.integers(1, 4), WINDOWS, st.sampled_from([1, 2, 4]))
def test_every_row_of_the_window_comes_and_no_other(
    moments: list[int], size: int, window: Window, workers: int
) -> None:
    server = Server(moments, size)
    got = {row.id for row in read(server, window, workers)}
    inside = range(window.since or 0, 10**6 if window.until is None else window.until)
    assert got == {row.id for row in server.rows if row.created in inside}


@settings(max_examples=150)
@given(
    MOMENTS,
    st.integers(1, 4),
    WINDOWS,
    st.sampled_from(["deaf to until", "deaf", "refuses probes"]),
)
def test_a_server_that_does_not_filter_loses_no_row_unseen(
    moments: list[int], size: int, window: Window, manners: Manners
) -> None:
    server = Server(moments, size, manners)
    try:
        got = {row.id for row in read(server, window, 4)}
    except PaginationError:
        assert manners.startswith("deaf")
        assert window.filters
        return
    inside = range(window.since or 0, 10**6 if window.until is None else window.until)
    assert got >= {row.id for row in server.rows if row.created in inside}


def test_a_long_list_is_split_and_a_short_one_is_not() -> None:
    long, short = Server(list(range(1, 400)), 2), Server(list(range(1, 20)), 2)
    for server in (long, short):
        assert {row.created for row in read(server, Window(), 4)} == {
            row.created for row in server.rows
        }
    parts = [asked for asked in long.asked if "from" in asked and "to" in asked]
    assert len(parts) > 10
    assert not any("from" in asked for asked in short.asked)


def test_one_worker_reads_page_by_page() -> None:
    server = Server(list(range(1, 400)), 2)
    assert len(read(server, Window(), 1)) == 399
    assert server.asked == [{}]


@pytest.mark.parametrize("manners", ["deaf to until", "refuses probes"])
def test_a_server_without_the_filter_is_read_page_by_page(manners: Manners) -> None:
    server = Server(list(range(1, 400)), 2, manners)
    assert {row.created for row in read(server, Window(), 4)} == set(range(1, 400))
    assert len(server.asked) == 2


def test_parts_read_side_by_side_leave_no_gap_either() -> None:
    server = Server([*range(1, 300), *[150] * 9], 3)
    found = SplitList(server.ask, PAGING, "created", SideBySide, 4).pages(Window())
    got = {row.id for answer, _ in found for row in answer.decoded.rows}
    assert got == {row.id for row in server.rows}


def test_rows_of_the_second_at_which_the_first_page_ends_come_all() -> None:
    server = Server([*range(1, 200), *[198] * 7], 3)
    got = {row.id for row in read(server, Window(), 4)}
    assert got == {row.id for row in server.rows}
