"""Columns over runs, in the units of an SVG: one column a run, the newest at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from expectations.results import TrendPoint
from expectations.wording import count, duration, minute

HEIGHT = 40
FEWEST_SLOTS = 20
"""Room for so many runs is always kept, so that a first run is no wall of colour."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of a column; `tone` is the class its colour comes from."""

    tone: str
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Column:
    """One run; `told` is what its bar says when it is pointed at."""

    x: int
    told: str
    tone: str
    segments: list[Segment]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A figure: `told` says in a sentence what it shows, for who cannot see it."""

    title: str
    last: str
    told: str
    top: str
    legend: dict[str, str]
    slots: int
    columns: list[Column]


class Part(NamedTuple):
    """A number of a run, the tone it is drawn in and the word for it in the legend."""

    tone: str
    word: str
    of: Callable[[TrendPoint], float]


@dataclass(frozen=True, kw_only=True)
class Series:
    """What of a run is drawn, upon each other, and how a sum of it is written."""

    title: str
    parts: tuple[Part, ...]
    written: Callable[[float], str]

    def total(self, point: TrendPoint) -> float:
        return sum(part.of(point) for part in self.parts)


SERIES = (
    Series(
        title="Checks that did not pass",
        parts=(
            Part("failed", "failed", lambda point: point.failed),
            Part("not_checked", "not checked", lambda point: point.not_checked),
            Part("warned", "warnings", lambda point: point.warnings),
        ),
        written=lambda total: count(round(total), "check"),
    ),
    Series(
        title="Rows received",
        parts=(
            Part("loaded", "new or changed", lambda point: point.rows_loaded),
            Part("unchanged", "others", lambda point: point.rows_received - point.rows_loaded),
        ),
        written=lambda total: count(round(total), "row"),
    ),
    Series(title="Time", parts=(Part("time", "", lambda point: point.seconds),), written=duration),
)


def plots(trends: Sequence[TrendPoint]) -> list[Plot]:
    """A plot of each series, the runs in the order of time; none for a single run."""
    points = sorted(trends, key=lambda point: (point.finished_at, point.run_id))
    return [_plot(series, points) for series in SERIES] if len(points) > 1 else []


def _plot(series: Series, points: Sequence[TrendPoint]) -> Plot:
    totals = [series.total(point) for point in points]
    top = max(totals)
    slots = max(FEWEST_SLOTS, len(points))
    first = slots - len(points)
    last = series.written(totals[-1])
    return Plot(
        title=series.title,
        last=last,
        told=f"{series.title} in the last {count(len(points), 'run')}: {last} in the newest,"
        f" between {series.written(min(totals))} and {series.written(top)}.",
        top=series.written(top),
        legend={part.tone: part.word for part in series.parts if part.word},
        slots=slots,
        columns=[
            Column(
                x=first + place,
                told=f"{minute(point.finished_at)}, {point.outcome.replace('_', ' ')}:"
                f" {series.written(series.total(point))}",
                tone=point.outcome,
                segments=_segments(series, point, top),
            )
            for place, point in enumerate(points)
        ],
    )


def _segments(series: Series, point: TrendPoint, top: float) -> list[Segment]:
    """The parts upon each other, what is worst at the bottom."""
    segments: list[Segment] = []
    floor = float(HEIGHT)
    for part in series.parts:
        height = HEIGHT * part.of(point) / top if top else 0.0
        floor -= height
        if height:
            segments.append(Segment(tone=part.tone, y=round(floor, 2), height=round(height, 2)))
    return segments
