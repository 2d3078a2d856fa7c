"""Which stretch of time a run asks for, and how a long one is read side by side."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from contracts.odcs import Paging
from dlt_pipelines.errors import PaginationError
from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.client import Failing, Refused

_LEAST_PAGES = 32
_PAGES_A_PART = 16
_PARTS_A_WORKER = 4
_FASTER = 4
_MOST_PROBES = 24


class Window(msgspec.Struct, frozen=True):
    """Epoch seconds, `since` included and `until` not; None is open."""

    since: int | None = None
    until: int | None = None

    @property
    def filters(self) -> bool:
        """Whether it keeps any row out."""
        return self.since is not None or self.until is not None

    def params(self, paging: Paging) -> dict[str, int]:
        """The filter of a list."""
        ends = {paging.since_param: self.since, paging.until_param: self.until}
        return {name: end for name, end in ends.items() if end is not None}

    def check(self, moments: Sequence[int], *, entity: str = "") -> None:
        """Raises PAGE001 for rows of an entity that the filter should have kept out."""
        if not moments:
            return
        early = self.since is not None and min(moments) < self.since
        late = self.until is not None and max(moments) >= self.until
        if early or late:
            raise PaginationError(
                "the server answered with rows outside the window that was asked for",
                entity=entity or None,
                since=self.since,
                until=self.until,
                got=min(moments) if early else max(moments),
            )


class Extent(msgspec.Struct, frozen=True):
    """What a run is to read: what is new; with `days` also the last days; `whole` everything.

    With a `window` it is a backfill: that stretch alone, and the cursor stays where it is.
    """

    days: int | None = None
    whole: bool = False
    window: Window | None = None

    def since(self, reached: int | None, overlap: int) -> int | None:
        """Epoch seconds from which to list, None for everything.

        `reached` is the cursor, `overlap` the seconds to look behind it. `days` sets the first
        window and widens a later one; it never narrows what the cursor asks for.
        """
        if self.whole:
            return None
        if self.window is not None:
            return self.window.since
        lookback = None
        if self.days is not None:
            lookback = int((datetime.now(UTC) - timedelta(days=self.days)).timestamp())
        if reached is None:
            return lookback
        overlapped = max(0, reached - overlap)
        return overlapped if lookback is None else min(overlapped, lookback)


NEW = Extent()


@dataclass
class Order:
    """Whether a list comes newest first. One that only might could hide rows behind old ones."""

    last: int | None = None
    falls: bool = False
    rises: bool = False

    def see(self, moments: Sequence[int]) -> None:
        """Takes a page's moments in the order of its rows."""
        for moment in moments:
            if self.last is not None:
                self.falls = self.falls or moment < self.last
                self.rises = self.rises or moment > self.last
            self.last = moment

    @property
    def newest_first(self) -> bool:
        return self.falls and not self.rises


Ask = Callable[[Mapping[str, int], int | None], Iterator[Answer]]
"""Lists with a filter, so many rows a page (None: as many as the server allows)."""
Draw = Callable[[Sequence[Iterator[Any]], int], Iterable[Any]]
Found = tuple[Answer, Window]


class SplitList:
    """A list endpoint's pages in a window; a long one is split by time and read side by side.

    How long it is, the first page tells: its rows lie so many seconds apart. Where the window is
    open, ever longer steps back look for its beginning, a row each.
    """

    def __init__(self, ask: Ask, paging: Paging, field: str, draw: Draw, workers: int) -> None:
        self._ask = ask
        self._paging = paging
        self._field = field
        self._draw = draw
        self._workers = workers

    def pages(self, window: Window) -> Iterator[Found]:
        """Each page, with the window that its rows lie in."""
        whole = self._list(window)
        first = next(whole, None)
        if first is None:
            return
        yield first
        parts: list[Window] = []
        span = self._span(first[0]) if self._workers > 1 else None
        if span is not None:
            top, seconds = span
            bottom = window.since
            if bottom is None:
                bottom = yield from self._beginning(top, seconds)
            if bottom is not None:
                parts = self._parts(Window(window.since, top + 1), bottom, seconds)
        if not parts:
            yield from whole
            return
        whole.close()
        yield from self._draw([self._list(part) for part in parts], self._workers)

    def _list(self, window: Window) -> Generator[Found, None, None]:
        for answer in self._ask(window.params(self._paging), None):
            yield answer, window

    def _span(self, first: Answer) -> tuple[int, int] | None:
        """The moment of the last row and the seconds that the page spans, if there is more."""
        moments = self._moments(first)
        order = Order()
        order.see(moments)
        if not first.decoded.more or not order.newest_first or not self._paging.until_param:
            return None
        return moments[-1], moments[0] - moments[-1]

    def _moments(self, answer: Answer) -> list[int]:
        found = (getattr(row, self._field) for row in answer.decoded.rows)
        return [each for each in found if each is not None]

    def _beginning(self, top: int, span: int) -> Generator[Found, None, int | None]:
        """A moment before which there is nothing, None when the server cannot be asked so."""
        step, until = max(1, span) * _LEAST_PAGES, top
        for _ in range(_MOST_PROBES):
            until, step = until - step, step * _FASTER
            if until <= 0:
                return 0
            probe = Window(None, until)
            try:
                answer = next(self._ask(probe.params(self._paging), 1))
            except (Refused, Failing):
                return None
            if not answer.decoded.received:
                return until
            moments = self._moments(answer)
            if not moments or max(moments) >= until:
                return None
            yield answer, probe
            until = max(moments)
        return None

    def _parts(self, window: Window, bottom: int, span: int) -> list[Window]:
        """Windows of one length, the newest first; none when there is little to read."""
        assert window.until is not None
        length = window.until - bottom
        pages = length // max(1, span)
        if pages < _LEAST_PAGES:
            return []
        count = min(pages // _PAGES_A_PART, self._workers * _PARTS_A_WORKER)
        edges = [bottom + length * index // count for index in range(1, count)]
        starts = [window.since, *edges]
        ends = [*edges, window.until]
        return [Window(*each) for each in zip(starts, ends, strict=True)][::-1]
