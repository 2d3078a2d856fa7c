"""The measurements: which runs are made, and the figures they give against their targets."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import msgspec

from scripts.benchmarks.pages import advance, serving
from scripts.benchmarks.trial import Trial, attempt

ALMOST_EMPTY = 100
"""Charges of the history whose run without a change counts as start-up."""
STEPS = ("first", "no change", "increment")


@dataclass(frozen=True)
class Sizes:
    """How much is measured: rows of each history, and rounds per median."""

    charges: int = 200_000
    medium: int = 100_000
    large: int = 1_000_000
    increment: int = 2_000
    rounds: int = 3


class Figure(msgspec.Struct, frozen=True):
    """A line of the table; `met` is None where there is no target, or no telling."""

    part: str
    what: str
    value: float
    unit: str = ""
    target: str = ""
    met: bool | None = None


@dataclass
class Runs:
    """All trials of a set of names, and the medians over their rounds."""

    say: Callable[[str], None]
    trials: dict[str, list[Trial]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, trial: Trial) -> None:
        self.trials[name].append(trial)
        self.say(f"{name}: {trial.rows:,} rows, {trial.seconds:.2f} s, {trial.memory:.0f} MiB")

    def rate(self, name: str) -> float:
        return median(each.rate for each in self.trials[name])

    def seconds(self, name: str) -> float:
        return median(each.seconds for each in self.trials[name])

    def memory(self, name: str) -> float:
        return median(each.memory for each in self.trials[name])

    def spread(self, name: str) -> float:
        """Seconds between the fastest and the slowest; a difference below it says nothing."""
        found = [each.seconds for each in self.trials[name]]
        return max(found) - min(found)


def throughput(sizes: Sizes, parts: Sequence[str], say: Callable[[str], None]) -> list[Figure]:
    """(a) against dlt's stock source and (b) against the physical floor, same server."""
    subjects = ["ceiling", "hallmark"]
    subjects += ["stock"] if "a" in parts else []
    subjects += ["fetch", "fetch_requests", "read_json"] if "b" in parts else []
    runs = Runs(say)
    with serving(sizes.charges) as url:
        for _ in range(sizes.rounds):
            for subject in subjects:
                rows = None if subject == "ceiling" else sizes.charges
                runs.add(subject, attempt(subject, url, rows=rows))
    figures = [_rate(runs, subject, sizes) for subject in subjects]
    ratios = {
        other: runs.rate("hallmark") / runs.rate(other) for other in subjects if other != "hallmark"
    }
    if "a" in parts:
        figures.append(_at_least("a", "Hallmark to stock dlt", ratios["stock"], 15))
    if "b" in parts:
        figures.append(_at_least("b", "Hallmark to the bare fetch", ratios["fetch"], 0.2))
        figures.append(Figure("b", "Hallmark to the same by requests", ratios["fetch_requests"]))
        figures.append(_above("b", "Hallmark to fetch and read_json", ratios["read_json"], 1))
    return figures


def histories(sizes: Sizes, parts: Sequence[str], say: Callable[[str], None]) -> list[Figure]:
    """(c) memory, (d) a run without a change and (e) a day's increment, by length of history."""
    runs = Runs(say)
    for _ in range(sizes.rounds):
        for charges in (ALMOST_EMPTY, sizes.medium, sizes.large):
            _live(charges, sizes.increment, runs)
    medium, large = f"{sizes.medium:,}", f"{sizes.large:,}"
    start_up = runs.seconds(f"{ALMOST_EMPTY:,} no change")
    figures: list[Figure] = []
    if "d" in parts or "e" in parts:
        spread = runs.spread(f"{ALMOST_EMPTY:,} no change")
        figures += [Figure("de", "start-up", start_up, "s")]
        figures += [Figure("de", "start-up, slowest minus fastest", spread, "s")]
    if "c" in parts:
        peaks = [runs.memory(f"{each} first") for each in (medium, large)]
        figures += [Figure("c", f"peak memory at {medium}", peaks[0], "MiB")]
        figures += [Figure("c", f"peak memory at {large}", peaks[1], "MiB")]
        figures += [at_most("c", "peak memory, large to medium", peaks[1] / peaks[0], 1.3)]
    if "d" in parts:
        first = runs.seconds(f"{large} first") - start_up
        again = runs.seconds(f"{large} no change") - start_up
        figures += [Figure("d", f"first load of {large} without start-up", first, "s")]
        figures += [Figure("d", f"no change after {large} without start-up", again, "s")]
        share = again / first if first > 0 else -1.0
        figures += [at_most("d", "no change to first load, both without", share, 0.02)]
    if "e" in parts:
        days = [runs.seconds(f"{each} increment") for each in (medium, large)]
        figures += [Figure("e", f"increment of {sizes.increment:,} on {medium}", days[0], "s")]
        figures += [Figure("e", f"increment of {sizes.increment:,} on {large}", days[1], "s")]
        figures += [at_most("e", "increment, large to medium, start-up in", days[1] / days[0], 1.1)]
        bare = [each - start_up for each in days]
        figures += [Figure("e", "the same, start-up out", bare[1] / bare[0])]
    return figures


def _live(charges: int, increment: int, runs: Runs) -> None:
    """A warehouse's first load, a run without a change, and one after a day has come."""
    rows = {"first": charges, "no change": 0, "increment": increment}
    with serving(charges, increment) as url, tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            if step == "increment":
                advance(url)
            trial = attempt("hallmark", url, Path(folder), rows=rows[step])
            runs.add(f"{charges:,} {step}", trial)


def _rate(runs: Runs, subject: str, sizes: Sizes) -> Figure:
    what = f"{subject}, {sizes.charges:,} charges"
    if subject == "ceiling":
        what = "what the server can send"
    return Figure("ab", what, runs.rate(subject), "rows/s")


def _at_least(part: str, what: str, value: float, target: float) -> Figure:
    return Figure(part, what, value, target=f">= {target:g}", met=value >= target)


def _above(part: str, what: str, value: float, target: float) -> Figure:
    return Figure(part, what, value, target=f"> {target:g}", met=value > target)


def at_most(part: str, what: str, value: float, target: float) -> Figure:
    """A value below zero comes of noise around start-up: the target is neither met nor missed."""
    met = value <= target if value >= 0 else None
    return Figure(part, what, value, target=f"<= {target:g}", met=met)
