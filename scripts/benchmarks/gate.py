"""Measures what the gate takes to judge a large warehouse of payments: time and memory."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from contracts.odcs import load_source, source_names
from dlt_pipelines.control import runs
from dlt_pipelines.control.views import create_views
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import BuildError, HallmarkError, QualityError
from expectations.report import JSON_NAME, read_report
from expectations.results import RunReport
from scripts.benchmarks.measurements import Figure
from scripts.benchmarks.process import Taken, measured
from scripts.benchmarks.raw_rows import write
from scripts.benchmarks.table import publish

_SOURCE = "payments"
_LEDGER = """
insert into raw_payments._ledger by name
select
    '{entity}' as entity, $source as source, _run_id as run_id, 'loaded' as outcome,
    1 as requests, 1 as pages, count(*) as received, 0 as deduplicated, 0 as unchanged,
    0 as quarantined, received as loaded, 1.0 as seconds, '' as note, _dlt_load_id
from raw_payments."{entity}"
group by _run_id, _dlt_load_id
"""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.benchmarks.gate", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="raw rows")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = judged(Path(folder), options.rows)
    publish("bench_gate", figures, "`hallmark quality`, one run.")


def judged(data_dir: Path, rows: int) -> list[Figure]:
    """Fills, builds and judges a warehouse. Raises BUILD001 or QUAL001 where that is not passed."""
    warehouse = data_dir / "warehouse.duckdb"
    written = write(warehouse, "history", rows)
    record_loads(warehouse)
    built = measured(data_dir, "hallmark", "build", "--full-refresh")
    if built.exit_code:
        raise BuildError("the warehouse was not built; what failed is above")
    taken = measured(data_dir, "hallmark", "quality")
    report = read_report(next(data_dir.glob(f"reports/*/{JSON_NAME}")).parent)
    if taken.exit_code:
        raise QualityError("the gate did not pass; its findings are above", run_id=report.run_id)
    return _figures(written, taken, report)


def record_loads(warehouse: Path) -> None:
    """What loads record of rows that are there: runs, and a ledger that accounts for each row."""
    with connect(warehouse) as connection:
        create_views(connection, source_names())
        for entity in load_source(_SOURCE).entities:
            connection.execute(_LEDGER.format(entity=entity), {"source": _SOURCE})
        found = _runs(connection)
    for run_id in found:
        about = {"run_id": run_id, "source": _SOURCE}
        runs.start(warehouse, **about, command=f"load {_SOURCE}", pii_key="benchmark")
        runs.finish(warehouse, **about)


def _runs(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("select distinct run_id from raw_payments._ledger order by all")
    return [run_id for (run_id,) in rows.fetchall()]


def _figures(written: int, taken: Taken, report: RunReport) -> list[Figure]:
    return [
        Figure("g", "raw rows", written, "rows"),
        Figure("g", "checks", len(report.verdict.checks)),
        *(Figure("g", f"step {step.name}", step.seconds, "s") for step in report.steps),
        Figure("g", "by the clock", taken.seconds, "s"),
        Figure("g", "processors", taken.processors, "s"),
        Figure("g", "peak memory", taken.memory, "MiB"),
    ]


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HallmarkError as error:
        sys.exit(str(error))
