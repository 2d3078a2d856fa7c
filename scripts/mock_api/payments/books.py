"""The timelines of one world, and how ids, marks and streams belong together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property, lru_cache

from scripts.mock_api.payments.ids import CUSTOMER_LINE, SALE_LINE, Ids, Place
from scripts.mock_api.payments.marks import marks_of
from scripts.mock_api.payments.payers import Payers
from scripts.mock_api.payments.payouts import Payouts
from scripts.mock_api.payments.sales import Sales
from scripts.mock_api.payments.stories import CUSTOMERS, DAY, HOUR, SALES, Mark, Story
from scripts.mock_api.payments.timeline import Pace, Stream, Timeline, streams_of
from scripts.mock_api.world import World

SALES_PER_DAY = 7.6
CUSTOMERS_AT_START = 40
CUSTOMERS_PER_DAY = 1.0

PREFIXES = {
    "customers": "cus",
    "payment_intents": "pi",
    "charges": "ch",
    "invoices": "in",
    "invoice_payments": "inpay",
    "refunds": "re",
    "disputes": "dp",
    "payouts": "po",
    "balance_transactions": "txn",
    "events": "evt",
}
AnyTimeline = Timeline[Story]
AnyStream = Stream[Story]


class Books:
    """Everything that does not depend on the clock; times are epoch seconds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ids = Ids(world.seed)
        start = first_midnight(world)
        customers = Timeline(
            world,
            number=CUSTOMER_LINE,
            name="customer",
            start=start,
            pace=Pace(
                step=DAY / (CUSTOMERS_PER_DAY * world.scale),
                opening=HOUR,
                first=max(1, round(CUSTOMERS_AT_START * world.scale)),
            ),
            stories=CUSTOMERS,
        )
        sales = Timeline(
            world,
            number=SALE_LINE,
            name="sale",
            start=start + 2 * HOUR,
            pace=Pace(step=DAY / (SALES_PER_DAY * world.scale)),
            stories=SALES,
        )
        self.payers = Payers(world, customers)
        self.sales = Sales(world, sales, self.payers)
        self.payouts = Payouts(world, start, self.sales)
        self.timelines: list[AnyTimeline] = [customers, sales, self.payouts.timeline]

    @cached_property
    def streams(self) -> dict[str, list[AnyStream]]:
        """The streams of each entity: births of its objects, or every announced change."""
        return {entity: self._streams(entity) for entity in PREFIXES}

    def _streams(self, entity: str) -> list[AnyStream]:
        def keep(mark: Mark) -> bool:
            if entity == "events":
                return bool(mark.event)
            return mark.is_birth and mark.entity == entity

        found: list[AnyStream] = []
        for timeline in self.timelines:
            found += streams_of(timeline, keep, first=len(found))
        return found

    @cached_property
    def _stream_of(self) -> dict[tuple[str, int, Mark], AnyStream]:
        return {
            (entity, stream.timeline.number, stream.mark): stream
            for entity, streams in self.streams.items()
            for stream in streams
        }

    def id(self, entity: str, place: Place) -> str:
        return self.ids.make(PREFIXES[entity], place)

    def part(self, entity: str, stream: AnyStream, unit: int) -> int:
        """Which of its unit's objects a stream's member is; events count all marks of the story."""
        if entity == "events":
            return marks_of(stream.timeline.story(unit)).index(stream.mark)
        return stream.mark.part

    def find(self, entity: str, text: str) -> tuple[AnyStream, Place] | None:
        """The stream and place of an id, whatever the clock says; None when there is no such id."""
        place = self.ids.read(PREFIXES[entity], text)
        if place is None or place.timeline >= len(self.timelines):
            return None
        timeline = self.timelines[place.timeline]
        mark = self._mark(entity, timeline.story(place.unit), place.part)
        stream = self._stream_of.get((entity, place.timeline, mark)) if mark else None
        if stream is None or not (timeline.exists is None or timeline.exists(place.unit)):
            return None
        return stream, place

    @staticmethod
    def _mark(entity: str, story: Story, part: int) -> Mark | None:
        marks = marks_of(story)
        if entity == "events":
            return marks[part] if part < len(marks) else None
        births = (mark for mark in marks if mark.is_birth and mark.entity == entity)
        return next((mark for mark in births if mark.part == part), None)


def first_midnight(world: World) -> int:
    """Epoch seconds of the first whole UTC day of the world's history."""
    midnight = world.starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    if midnight < world.starts_at:
        midnight += timedelta(days=1)
    return int(midnight.timestamp())


@lru_cache(maxsize=4)
def _books(world: World) -> Books:
    return Books(world)


def books_of(world: World) -> Books:
    """The books of a world; they are the same at any clock."""
    return _books(replace(world, now=world.starts_at))
