"""One run over a source whose server is a `FakeClient`: the sources' own walks, without dlt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from contracts.odcs import Source
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.extract import LoadRun
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.tables import ensure_tables
from dlt_pipelines.loading.unchanged import Unchanged


@contextmanager
def walking(source: Source, tmp_path: Path, *, resumed: bool = False) -> Iterator[LoadRun]:
    """A run into the warehouse and the landing of the test's folder; nothing is stored."""
    warehouse = tmp_path / "warehouse.duckdb"
    with connect(warehouse) as connection:
        ensure_tables(connection, source)
    with Unchanged(warehouse) as unchanged:
        run = LoadRun(
            source=source,
            run_id="run_1",
            landing=Landing(str(tmp_path / "bronze")),
            tokenizer=Tokenizer(b"k" * 32),
            unchanged=unchanged,
            day=date(2026, 11, 20),
            resumed=resumed,
        )
        run.at_end.callback(run.offload.stop)
        with run.at_end:
            yield run
