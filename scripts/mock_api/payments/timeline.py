"""Units on an arithmetic timeline, so that an index gives a time and a time gives an index."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, TypeVar

from scripts.mock_api.payments.marks import marks_of
from scripts.mock_api.payments.stories import DAY, HOUR, Mark, Story
from scripts.mock_api.world import World

StoryT = TypeVar("StoryT", bound=Story, covariant=True)
UNIT = 2.0**32


@dataclass(frozen=True)
class Pace:
    """`first` units within `opening` seconds of the start, then one every `step` seconds."""

    step: float
    opening: int = 0
    first: int = 0

    def seconds(self, units: float) -> float:
        if units < self.first:
            return units * self.opening / self.first
        return self.opening + (units - self.first) * self.step

    def units(self, seconds: float) -> float:
        if seconds <= 0:
            return 0.0
        if seconds < self.opening:
            return seconds * self.first / self.opening
        return self.first + (seconds - self.opening) / self.step


class Timeline(Generic[StoryT]):
    """Units 0, 1, 2 …, each at a drawn place of its own slot, each living one story.

    Which story is decided by a drawn pattern that repeats: in every run of `len(pattern)` units
    each story has exactly its weight. A stream therefore finds its nth member without a table.
    """

    def __init__(
        self,
        world: World,
        *,
        number: int,
        name: str,
        start: int,
        pace: Pace,
        stories: Sequence[StoryT],
        jitter: bool = True,
        exists: Callable[[int], bool] | None = None,
    ) -> None:
        self.number, self.name, self.start, self.pace = number, name, start, pace
        self.exists = exists
        self.jitter = jitter
        self._drawn = lru_cache(maxsize=65536)(lambda unit: world.number(name, unit))
        slots = [story for story in stories for _ in range(story.weight)]
        order = sorted(range(len(slots)), key=lambda slot: world.number(name, "slot", slot))
        self.pattern: list[StoryT] = [slots[slot] for slot in order]

    def story(self, unit: int) -> StoryT:
        return self.pattern[unit % len(self.pattern)]

    def at(self, unit: int, lag: int = 0) -> int:
        """Epoch seconds of a mark; it never leaves the unit's slot, shifted by `lag`."""
        if not self.jitter:
            return self.start + int(self.pace.seconds(unit)) + lag
        drawn = self._drawn(unit)
        place = (drawn & 0xFFFFFFFF) / UNIT
        if lag >= DAY:
            later = ((drawn >> 32) * (2 * lag + 1) & 0xFFFFFFFF) / UNIT
            place += (1 - place) * later * min(1.0, HOUR / self.pace.step)
        return self.start + int(self.pace.seconds(unit + place)) + lag

    def begun(self, moment: int, lag: int = 0) -> int:
        """How many units have their mark at `lag` at or before `moment`."""
        guess = int(self.pace.units(moment - self.start - lag + 1))
        near = range(max(guess - 1, 0), guess + 2)
        return near.start + bisect_right(near, moment, key=lambda unit: self.at(unit, lag))


@dataclass
class Stream(Generic[StoryT]):
    """One kind of mark on a timeline, in order of time: its members are found by arithmetic."""

    timeline: Timeline[StoryT]
    mark: Mark
    order: int
    positions: list[int] = field(default_factory=list)

    def unit(self, index: int) -> int:
        turn, place = divmod(index, len(self.positions))
        return turn * len(self.timeline.pattern) + self.positions[place]

    def index(self, unit: int) -> int:
        """How many members come before `unit`."""
        turn, place = divmod(unit, len(self.timeline.pattern))
        return turn * len(self.positions) + bisect_left(self.positions, place)

    def at(self, index: int) -> int:
        return self.timeline.at(self.unit(index), self.mark.lag)

    def until(self, moment: int) -> int:
        """How many members are at or before `moment`."""
        return self.index(self.timeline.begun(moment, self.mark.lag))


Kept = Callable[[Mark], bool]


def streams_of(timeline: Timeline[StoryT], keep: Kept, first: int) -> list[Stream[StoryT]]:
    """One stream for each distinct mark that `keep` wants, numbered from `first`."""
    found: dict[Mark, Stream[StoryT]] = {}
    for position, story in enumerate(timeline.pattern):
        for mark in filter(keep, marks_of(story)):
            stream = found.setdefault(mark, Stream(timeline, mark, 0))
            stream.positions.append(position)
    ranked = sorted(
        found.values(), key=lambda each: (each.mark.lag, each.mark.event, each.mark.part)
    )
    for order, stream in enumerate(ranked, start=first):
        stream.order = order
    return ranked
