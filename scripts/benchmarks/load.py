"""Times a first load of charges against dlt's stock `rest_api` source and a bare fetch.

All read the same pages from the same server, the loaders into a new DuckDB file; Hallmark also
lands, validates, tokenizes and compares. Runs alternate; the figures are medians of whole
processes without the start of Python.
"""

from __future__ import annotations

import os
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from dlt_pipelines import config
from scripts.benchmarks.pages import serving

ROUNDS = 3
CHARGES = 20_000


class Timing(msgspec.Struct):
    """One load: wall seconds without the start of Python, peak memory in MiB, rows stored."""

    seconds: float
    memory: float
    rows: int


def stock(url: str, key: str, folder: Path) -> int:
    """dlt's own REST source, as its documentation shows it for this API."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/v1/",
                "auth": {"type": "bearer", "token": key},
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "data[-1].id",
                    "cursor_param": "starting_after",
                    "has_more_path": "has_more",
                },
            },
            "resources": [
                {
                    "name": "charges",
                    "max_table_nesting": 0,
                    "endpoint": {
                        "path": "charges",
                        "params": {"limit": 100},
                        "data_selector": "data",
                    },
                }
            ],
        },
        name="stock",
    )
    pipeline = dlt.pipeline(
        "stock",
        destination=dlt.destinations.duckdb(str(folder / "stock.duckdb")),
        dataset_name="raw",
        pipelines_dir=str(folder / "stock"),
    )
    pipeline.run(source)
    with pipeline.sql_client() as client:
        rows = client.execute_sql("select count(*) from charges")
    return int(rows[0][0]) if rows else 0


def hallmark(url: str, key: str, folder: Path) -> int:
    """The loader as `hallmark load payments --entity charges` runs it."""
    from dlt_pipelines.control.runs import new_run_id
    from dlt_pipelines.loading.pipelines import load
    from scripts.sources import Connection, maker

    make = maker("payments", Connection(url, key), entities=["charges"])
    ledger = load("payments", make, run_id=new_run_id(), command="bench", watch=lambda row: None)
    return sum(row.loaded for row in ledger)


def fetch(url: str, key: str, folder: Path) -> int:
    """The pages one after the other, looked at only as far as the next needs, thrown away."""
    import requests

    page_type = msgspec.json.Decoder(_Page)
    rows, after = 0, ""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        while True:
            answer = session.get(f"{url}/v1/charges?limit=100{after}", timeout=60)
            page = page_type.decode(answer.content)
            rows += len(page.data)
            if not page.has_more:
                return rows
            after = f"&starting_after={page.data[-1].id}"


class _Row(msgspec.Struct):
    id: str


class _Page(msgspec.Struct):
    data: list[_Row]
    has_more: bool


LOADERS = {"hallmark": hallmark, "stock": stock, "fetch": fetch}


def measure(name: str, url: str, key: str) -> Timing:
    """One load in a process of its own, into a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "scripts.benchmarks.load", name, url],
            env={
                **os.environ,
                "LOCAL_DATA_DIR": folder,
                "MOCK__KEY": key,
                "BRONZE_API_RPS": "100000",
            },
            check=True,
            capture_output=True,
        )
    return msgspec.json.decode(done.stdout, type=Timing)


def child(name: str, url: str) -> None:
    """Loads once and prints its timing as JSON."""
    started = time.monotonic()
    rows = LOADERS[name](url, config.required("MOCK__KEY"), config.data_dir())
    timing = Timing(
        seconds=time.monotonic() - started,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        rows=rows,
    )
    sys.stdout.write(msgspec.json.encode(timing).decode())


def main(arguments: Sequence[str]) -> None:
    if arguments:
        child(*arguments)
        return
    key = secrets.token_hex(20)
    timings: dict[str, list[Timing]] = {name: [] for name in LOADERS}
    with serving(CHARGES) as url:
        for number in range(ROUNDS):
            for name in LOADERS:
                sys.stderr.write(f"round {number + 1} of {ROUNDS}: {name}\n")
                timings[name].append(measure(name, url, key))
    _print_table(timings)


def _print_table(timings: dict[str, list[Timing]]) -> None:
    sys.stdout.write(f"charges over HTTP, medians of {ROUNDS} alternating runs\n")
    sys.stdout.write(f"{'loader':<10} {'rows':>9} {'rows/s':>9} {'seconds':>9} {'peak MiB':>9}\n")
    rates = {}
    for name, found in timings.items():
        rates[name] = statistics.median(each.rows / each.seconds for each in found)
        seconds = statistics.median(each.seconds for each in found)
        memory = statistics.median(each.memory for each in found)
        line = f"{name:<10} {found[0].rows:>9,} {rates[name]:>9,.0f} {seconds:>9.1f} {memory:>9.0f}"
        sys.stdout.write(line + "\n")
    for other in ("stock", "fetch"):
        sys.stdout.write(f"rows/s, hallmark to {other}: {rates['hallmark'] / rates[other]:.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
