"""Measures what dbt takes to build payments' Silver and Gold: all of it, a day's rows, nothing."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from dlt_pipelines.errors import BuildError, HallmarkError
from scripts.benchmarks.measurements import Figure, at_most
from scripts.benchmarks.options import say
from scripts.benchmarks.process import measured
from scripts.benchmarks.raw_rows import write
from scripts.benchmarks.table import publish

SELECTED = (
    "path:dbt_project/models/silver/payments",
    "path:dbt_project/models/silver/rejects.sql",
    "path:dbt_project/models/gold/payments",
    "path:dbt_project/models/activation/payments",
)
TARGET = 0.15
"""The most that a build of one per cent of new rows may take of a full refresh."""
_COSTLIEST = 5


class Build(msgspec.Struct):
    """A dbt command: seconds by the clock, of processors, of each model; peak memory in MiB."""

    seconds: float
    processors: float
    models: dict[str, float]
    memory: float

    @property
    def model_seconds(self) -> float:
        """Execution time of all models, side by side ones added up."""
        return sum(self.models.values())


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.benchmarks.warehouse", description=__doc__
    )
    parser.add_argument("--rows", type=int, default=5_000_000, help="raw rows; 1 %% come on top")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = _measured(Path(folder), options.rows)
    caption = "dbt on two threads, every model of payments and the rejects, one run each."
    publish("bench_warehouse", figures, caption, as_json=options.json, rows=options.rows)


def _measured(folder: Path, rows: int) -> list[Figure]:
    warehouse = folder / "warehouse.duckdb"
    written = write(warehouse, "history", rows)
    say(f"{written:,} raw rows")
    _dbt(folder, "seed")
    full = _dbt(folder, "run", "--full-refresh", "--select", *SELECTED)
    added = write(warehouse, "day", rows // 100)
    say(f"{added:,} rows of a day")
    day = _dbt(folder, "run", "--select", *SELECTED)
    nothing = _dbt(folder, "build", "--select", *SELECTED)
    return [
        Figure("f", "raw rows", written, "rows"),
        Figure("f", "rows that a day added", added, "rows"),
        *_figures("full refresh", full),
        *_figures("a day's rows", day),
        at_most("f", "models, a day's rows to full refresh", _share(day, full), TARGET),
        Figure("f", "the same by processors, dbt's start in", day.processors / full.processors),
        *_figures("dbt build, no change", nothing),
        *_costliest("full refresh", full),
        *_costliest("a day's rows", day),
    ]


def _share(one: Build, other: Build) -> float:
    return one.model_seconds / other.model_seconds


def _figures(what: str, build: Build) -> list[Figure]:
    return [
        Figure("f", f"{what}: models", build.model_seconds, "s"),
        Figure("f", f"{what}: by the clock", build.seconds, "s"),
        Figure("f", f"{what}: processors, dbt's start in", build.processors, "s"),
        Figure("f", f"{what}: peak memory", build.memory, "MiB"),
    ]


def _costliest(what: str, build: Build) -> list[Figure]:
    ranked = sorted(build.models.items(), key=lambda each: -each[1])[:_COSTLIEST]
    return [Figure("f", f"{what}: {model}", seconds, "s") for model, seconds in ranked]


def _dbt(folder: Path, command: str, *options: str) -> Build:
    """A dbt command on production, in a process of its own. Raises BUILD001 when it fails."""
    arguments = [
        *("--quiet", "--log-level-file", "none"),
        *(command, "--target", "prod", "--target-path", str(folder / "target"), *options),
    ]
    taken = measured(folder, "dbt", *arguments)
    if taken.exit_code:
        raise BuildError("dbt failed; its error is above", command=command)
    results = json.loads((folder / "target" / "run_results.json").read_bytes())["results"]
    models = {
        each["unique_id"].split(".")[2]: each["execution_time"]
        for each in results
        if each["unique_id"].startswith("model.")
    }
    build = Build(taken.seconds, taken.processors, models, taken.memory)
    say(f"{command} {' '.join(options)}: {build.model_seconds:.1f} s of models")
    return build


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HallmarkError as error:
        sys.exit(str(error))
