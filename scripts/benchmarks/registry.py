"""Measures the contract registry: reads against a bare route, diffs, ingest under load."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from contracts.json_schema import compare, json_text, parse_schema
from contracts.registry.database import Database
from dlt_pipelines.errors import HallmarkError
from scripts.benchmarks.measurements import Figure, at_most
from scripts.benchmarks.options import parse, say
from scripts.benchmarks.registry_client import diff, ingest, latest, medians
from scripts.benchmarks.registry_server import serving
from scripts.benchmarks.registry_store import ONE, schema, seed
from scripts.benchmarks.table import publish

PARTS = ("g", "h", "i")
_TEXTS = {
    "small": "versions in all, short history of (g), store of (i)",
    "large": "versions in all, long history of (g)",
    "one": "versions of one dataset in the long history",
    "fields": "fields of the schemas of (h)",
    "rounds": "requests per median",
    "clients": "clients of (i)",
    "ingests": "schemas that each of them sends",
}
ABOUT = """\
The registry on SQLite; reads over one connection of what was read once before, medians of
{rounds:,} that alternate with as many of the bare route."""
_READS = 2.5
_GROWTH = 1.3
_PARSING = 30.0
_SAMPLE = 200
_COMPARED = 21


@dataclass(frozen=True)
class Sizes:
    """Versions in all of the small and the large store, of one dataset, and how much is asked."""

    small: int = 1_000
    large: int = 100_000
    one: int = 2_000
    fields: int = 1_000
    rounds: int = 2_000
    clients: int = 8
    ingests: int = 100


Say = Callable[[str], None]


def main(arguments: Sequence[str]) -> None:
    options = parse(
        arguments, name="registry", about=__doc__, sizes=Sizes(), texts=_TEXTS, parts=PARTS
    )
    sizes = Sizes(**{name: getattr(options, name) for name in _TEXTS})
    figures = measured(sizes, options.only, say)
    about = ABOUT.format(rounds=sizes.rounds)
    publish("bench_registry", figures, about, as_json=options.json, sizes=sizes)


def measured(sizes: Sizes, parts: Sequence[str], say: Say) -> list[Figure]:
    """(g) reads and diffs by length of history, (h) a large diff, (i) ingest under load."""
    figures: list[Figure] = []
    if {"g", "i"} & set(parts):
        with tempfile.TemporaryDirectory() as folder:
            figures += _served(Path(folder), sizes, parts, say)
    if "h" in parts:
        figures += _large_diff(sizes, say)
    return sorted(figures, key=lambda figure: figure.part)


def _served(folder: Path, sizes: Sizes, parts: Sequence[str], say: Say) -> list[Figure]:
    figures: list[Figure] = []
    costs: dict[str, list[float]] = {}
    for versions in (sizes.small, sizes.large) if "g" in parts else (sizes.small,):
        url = f"sqlite:///{folder / f'{versions}.sqlite'}"
        one = sizes.one if versions == sizes.large else 0
        found = _seeded(url, versions, one, say)
        with serving(url) as port:
            if "g" in parts:
                for what, paths in _asked(found).items():
                    taken, bare = medians(port, paths, sizes.rounds)
                    say(f"{what} at {versions:,}: {taken * 1e3:.2f} ms, bare {bare * 1e3:.2f} ms")
                    figures += _reads(what, versions, taken, bare)
                    costs.setdefault(what, []).append(taken / bare)
            if "i" in parts and versions == sizes.small:
                figures += _load(port, sizes, say)
    figures += [
        at_most("g", f"{what}, {sizes.large:,} versions to {sizes.small:,}", two / one, _GROWTH)
        for what, (one, two) in ((what, both) for what, both in costs.items() if len(both) == 2)
    ]
    return figures


def _seeded(url: str, versions: int, one: int, say: Say) -> dict[str, int]:
    database = Database(url)
    began = time.perf_counter()
    found = seed(database, versions, one)
    database.close()
    say(f"{versions:,} versions seeded in {time.perf_counter() - began:.0f} s")
    return found


def _asked(found: dict[str, int]) -> dict[str, list[str]]:
    """What is read: any dataset's latest version and two of its versions' diff."""
    chance = random.Random(1)  # noqa: S311
    many = [name for name, count in found.items() if name != ONE and count > 1]
    some = chance.choices(many, k=_SAMPLE)
    pairs = [(name, sorted(chance.sample(range(1, found[name] + 1), 2))) for name in some]
    asked = {
        "latest version": [latest(name) for name in some],
        "diff": [diff(name, base, new) for name, (base, new) in pairs],
    }
    if found.get(ONE, 0) > 1:
        last = found[ONE]
        asked["latest version, the dataset with most"] = [latest(ONE)]
        firsts = chance.sample(range(1, last), min(_SAMPLE, last - 1))
        asked["diff, the dataset with most"] = [diff(ONE, first, last) for first in firsts]
    return asked


def _reads(what: str, versions: int, taken: float, bare: float) -> list[Figure]:
    named = f"{what}, {versions:,} versions"
    return [
        Figure("g", named, taken * 1000, "ms"),
        at_most("g", f"{named}, to the bare route", taken / bare, _READS),
    ]


def _load(port: int, sizes: Sizes, say: Say) -> list[Figure]:
    rate, bad = ingest(port, sizes.clients, sizes.ingests, say)
    return [
        Figure("i", f"ingest, {sizes.clients} clients", rate, "schemas/s"),
        at_most("i", f"errors of {sizes.clients * sizes.ingests:,} ingests", len(bad), 0),
    ]


def _large_diff(sizes: Sizes, say: Say) -> list[Figure]:
    """Processor time of comparing two schemas that were read, to that of reading their JSON."""
    texts = [
        json_text.encode(schema(sizes.fields - more, version=more, more=more)) for more in (0, 10)
    ]
    taken: dict[str, list[float]] = {"parse": [], "diff": []}
    for _ in range(min(sizes.rounds, _COMPARED)):
        taken["parse"].append(_processor(lambda: [json.loads(text) for text in texts]))
        base, new = (parse_schema(text) for text in texts)
        taken["diff"].append(_processor(lambda base=base, new=new: compare(base, new)))  # type: ignore[misc]
    parse, whole = (median(taken[name]) for name in ("parse", "diff"))
    say(f"{sizes.fields:,} fields: diff {whole * 1e3:.1f} ms, json.loads {parse * 1e3:.2f} ms")
    return [
        Figure("h", f"diff of {sizes.fields:,} fields", whole * 1000, "ms"),
        at_most("h", "the same, to parsing both documents", whole / parse, _PARSING),
    ]


def _processor(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HallmarkError as error:
        sys.exit(str(error))
