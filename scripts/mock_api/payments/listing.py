"""Which objects are visible, in what order, and a page of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from scripts.mock_api.payments.books import AnyStream, Books
from scripts.mock_api.payments.errors import missing
from scripts.mock_api.payments.ids import Place
from scripts.mock_api.payments.objects import RENDERERS
from scripts.mock_api.payments.objects.events import event
from scripts.mock_api.payments.query import ListQuery
from scripts.mock_api.payments.stories import DAY
from scripts.mock_api.payments.vocabulary import Json

EVENTS_KEPT = 30 * DAY

Key = tuple[int, int, int]


@dataclass(frozen=True)
class Window:
    """The members `first` ≤ index < `last` of a stream."""

    stream: AnyStream
    first: int
    last: int

    def units(self, *, newest_first: bool) -> Iterator[tuple[Key, AnyStream]]:
        """Members that exist, each with the key the whole list is ordered by."""
        stream, sign = self.stream, -1 if newest_first else 1
        exists = stream.timeline.exists
        indices = range(self.first, self.last)
        for index in reversed(indices) if newest_first else indices:
            unit = stream.unit(index)
            if exists is None or exists(unit):
                at = stream.timeline.at(unit, stream.mark.lag)
                yield (sign * at, sign * stream.order, sign * unit), stream


@dataclass(frozen=True)
class Member:
    stream: AnyStream
    unit: int


class Listing:
    """One entity as it may be seen at `now` (epoch seconds).

    Objects are ordered by (created, stream, unit): a total order, whatever shares a second.
    """

    def __init__(self, book: Books, entity: str, now: int) -> None:
        self.book, self.entity, self.now = book, entity, now
        self.oldest = now - EVENTS_KEPT if entity == "events" else 0

    def render(self, member: Member) -> Json:
        book, line = self.book, member.stream.timeline.number
        part = book.part(self.entity, member.stream, member.unit)
        if self.entity == "events":
            return event(book, line, member.unit, part, self.now)
        return RENDERERS[self.entity, line](book, member.unit, part, self.now)

    def find(self, identity: str) -> Member | None:
        """The object of an id, None when there is none or not yet or no longer."""
        found = self.book.find(self.entity, identity)
        if found is None:
            return None
        stream, place = found
        at = stream.timeline.at(place.unit, stream.mark.lag)
        return Member(stream, place.unit) if self.oldest <= at <= self.now else None

    def page(self, query: ListQuery) -> tuple[list[Member], bool]:
        """Newest first, and whether there are more in the direction of the walk."""
        if query.invoice:
            return self._of_invoice(query.invoice), False
        windows = self.windows(query)
        backwards = bool(query.ending_before)
        parts = [window.units(newest_first=not backwards) for window in windows]
        found = [
            Member(stream, abs(unit))
            for (_, _, unit), stream in islice(merge(*parts, key=first), query.limit + 1)
        ]
        has_more = len(found) > query.limit
        found = found[: query.limit]
        return (found[::-1] if backwards else found), has_more

    def _of_invoice(self, invoice: str) -> list[Member]:
        """The payment of an invoice: the two share their unit."""
        found = self.book.find("invoices", invoice)
        if found is None:
            return []
        place = Place(found[1].timeline, found[1].unit, 0)
        member = self.find(self.book.id("invoice_payments", place))
        return [member] if member else []

    def members(self) -> Iterator[Member]:
        """All that is visible, in no particular order."""
        for window in self.windows(ListQuery()):
            for (_, _, unit), stream in window.units(newest_first=False):
                yield Member(stream, unit)

    def windows(self, query: ListQuery) -> list[Window]:
        since = max(query.since, self.oldest)
        until = min(query.until, self.now)
        after = self._cursor("starting_after", query.starting_after)
        before = self._cursor("ending_before", query.ending_before)
        windows = []
        for stream in self.book.streams[self.entity]:
            if not query.wants(stream.mark.event):
                continue
            start, end = stream.until(since - 1), stream.until(until)
            if after:
                end = min(end, older_than(stream, after))
            if before:
                start = max(start, newer_than(stream, before))
            if start < end:
                windows.append(Window(stream, start, end))
        return windows

    def _cursor(self, param: str, identity: str) -> Member | None:
        if not identity:
            return None
        member = self.find(identity)
        if member is None:
            raise missing(self.entity, identity, param=param, status=400)
        return member


def first(pair: tuple[Key, AnyStream]) -> Key:
    return pair[0]


def older_than(stream: AnyStream, cursor: Member) -> int:
    """How many members of `stream` come before `cursor` in the order of time."""
    if stream is cursor.stream:
        return stream.index(cursor.unit)
    at = cursor.stream.timeline.at(cursor.unit, cursor.stream.mark.lag)
    return stream.until(at if stream.order < cursor.stream.order else at - 1)


def newer_than(stream: AnyStream, cursor: Member) -> int:
    """The first member of `stream` that comes after `cursor` in the order of time."""
    return older_than(stream, cursor) + (stream is cursor.stream)
