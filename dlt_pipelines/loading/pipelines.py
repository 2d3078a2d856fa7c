"""Runs a source's dlt pipeline; a failure leaves the warehouse and the cursors as they were."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import dlt
import duckdb
from dlt.common.exceptions import DltException
from dlt.common.pipeline import get_dlt_pipelines_dir
from dlt.extract import DltSource

from contracts.odcs import Source, load_source
from dlt_pipelines import config
from dlt_pipelines.control import exports, runs, views
from dlt_pipelines.control.warehouse import (
    chain,
    connect,
    held_elsewhere,
    opening_error,
)
from dlt_pipelines.errors import DriftError, ExtractionError, HallmarkError, StorageError
from dlt_pipelines.loading import deletions
from dlt_pipelines.loading.classified import check_classified
from dlt_pipelines.loading.drift import record as record_drift
from dlt_pipelines.loading.extract import LoadRun, Table, Watch
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.ledger import LedgerRow, stored_ledger
from dlt_pipelines.loading.order import check_order
from dlt_pipelines.loading.pii import tokenizer
from dlt_pipelines.loading.state import check_readable
from dlt_pipelines.loading.tables import ensure_tables
from dlt_pipelines.loading.unchanged import Unchanged
from dlt_pipelines.signals.logs import LOGGER

SOURCES = ("payments", "zephyr")
_log = logging.getLogger(LOGGER)
MakeSource = Callable[[LoadRun], DltSource]


def load(
    source: str,
    make: MakeSource,
    *,
    run_id: str,
    command: str,
    watch: Watch,
    resumed: bool = False,
    replay: bool = False,
    promised: Source | None = None,
    server: str = "",
) -> list[LedgerRow]:
    """Loads what is new or changed of a source and returns its ledger.

    Either everything is stored and the cursors move, or nothing is and none does; the landing keeps
    the pages in both cases, and a `resumed` run begins with what it finds there, if that came from
    the same `server` (its base URL). Of a run whose load is stored only what comes after it is
    done. A `replay` takes its pages from the landing alone. Rows are decoded by the contract's
    files; drift is told from the contract that is `promised`, where it is another. Raises a coded
    error.
    """
    config.check()  # before dlt reads a part of it, and complains in its own words
    warehouse, tokens = config.warehouse_path(), tokenizer()
    about = {"run_id": run_id, "source": source, "command": command}
    asked = hashlib.sha256(server.encode()).hexdigest()[:16] if server else ""
    is_same = runs.start(warehouse, **about, pii_key=tokens.fingerprint, server=asked)
    with _recorded(warehouse, run_id, source), _coded(warehouse):
        contract = load_source(source)
        with connect(warehouse) as connection:
            _ensure_tables(connection)
            check_classified(connection, contract)
            ledger = stored_ledger(connection, source=source, run_id=run_id)
            pipeline = _recovered(connection, source)
        if not ledger:
            with closing(Landing(config.landing_url())) as landing:
                if resumed and not is_same:
                    _log.warning("what has landed came from another server: all is asked for anew")
                    landing.forget(source=source, run_id=run_id)
                run = LoadRun(
                    source=contract,
                    run_id=run_id,
                    day=runs.day_of(run_id),
                    landing=landing,
                    tokenizer=tokens,
                    unchanged=Unchanged(warehouse),
                    watch=watch,
                    resumed=resumed,
                    replay=replay,
                )
                _load(pipeline, make, run, warehouse, promised or contract)
                ledger = run.ledger
        _export(ledger, source=source, run_id=run_id)
    return ledger


def rehearse(source: str, read: Callable[[LoadRun], Iterable[Table]], *, run_id: str) -> LoadRun:
    """The run that a replay would be: `read` gives its rows, and nothing is stored."""
    warehouse = config.warehouse_path()
    with _coded(warehouse), closing(Landing(config.landing_url())) as landing:
        run = LoadRun(
            source=load_source(source),
            run_id=run_id,
            landing=landing,
            tokenizer=tokenizer(),
            unchanged=Unchanged(warehouse),
            replay=True,
        )
        with run.unchanged:
            for _ in read(run):
                pass
    return run


def _load(
    pipeline: dlt.Pipeline, make: MakeSource, run: LoadRun, warehouse: Path, promised: Source
) -> None:
    """Extracts and stores. Drift is on record first, for what is stored is not read again."""
    try:
        with _coded(warehouse):
            _extract(pipeline, make, run)
    except DriftError:
        _record_drift(run, warehouse, promised)
        raise
    with connect(warehouse):  # held, since opening it takes longer the more it has
        _record_drift(run, warehouse, promised)
        pipeline.load(raise_on_failed_jobs=True)


def _record_drift(run: LoadRun, warehouse: Path, promised: Source) -> None:
    """The shapes are those of the rows that have come until it is called."""
    record_drift(warehouse, run_id=run.run_id, source=promised, shapes=run.shapes)


def _extract(pipeline: dlt.Pipeline, make: MakeSource, run: LoadRun) -> None:
    run.at_end.callback(run.offload.stop)
    with run.at_end, run.unchanged:
        if pipeline.first_run and run.landing.local and not run.replay:
            run.offload.start()  # a first load is likely to be long
        pipeline.extract(make(run))
    if all(row.outcome == "absent" for row in run.ledger):
        raise ExtractionError(
            "the server has none of the source's entities; check its base URL",
            source=run.source.name,
        )
    pipeline.normalize()


def _ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    sources = [load_source(each) for each in SOURCES]
    for each in sources:
        ensure_tables(connection, each)
    views.create_views(connection, SOURCES)
    deletions.create_view(connection, sources)


@contextmanager
def recorded_pipeline(source: str, *, run_id: str, command: str) -> Iterator[dlt.Pipeline]:
    """A source's pipeline for work that asks no server, recorded and failing as a load does."""
    warehouse, key = config.warehouse_path(), tokenizer().fingerprint
    runs.start(warehouse, run_id=run_id, source=source, command=command, pii_key=key)
    with (
        _recorded(warehouse, run_id, source),
        _coded(warehouse),
        connect(warehouse) as connection,
    ):
        _ensure_tables(connection)
        yield _recovered(connection, source)


@contextmanager
def _recorded(warehouse: Path, run_id: str, source: str) -> Iterator[None]:
    """Writes to `control.runs` how the block ended; the block's own error counts.

    Only coded errors are known to hold no value: of any other its type alone is written.
    """
    try:
        yield
    except BaseException as error:
        text = str(error) if isinstance(error, HallmarkError) else type(error).__name__
        with suppress(HallmarkError):
            runs.finish(warehouse, run_id=run_id, source=source, error=text)
        raise
    runs.finish(warehouse, run_id=run_id, source=source)


@contextmanager
def _coded(warehouse: Path) -> Iterator[None]:
    """Lets the coded error out of the errors dlt wraps around it, and codes the others."""
    try:
        yield
    except HallmarkError:
        raise
    except Exception as error:
        causes = list(chain(error))
        if any(isinstance(each, KeyboardInterrupt) for each in causes):
            raise KeyboardInterrupt from None
        coded = next((each for each in causes if isinstance(each, HallmarkError)), None)
        if coded is not None:
            raise coded from None
        lock = held_elsewhere(error)
        if lock is not None:
            raise opening_error(lock, warehouse) from error
        cause = next(
            (each for each in reversed(causes) if not isinstance(each, StopIteration)), error
        )
        if not isinstance(cause, duckdb.Error | OSError | DltException):
            raise  # a fault of ours keeps its traceback
        raise StorageError("the load failed", cause=_without_secrets(cause)) from error


def _without_secrets(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    for secret in config.secrets():
        text = text.replace(secret, "***")
    return text


def _pipeline(source: str) -> dlt.Pipeline:
    return dlt.pipeline(
        source,
        destination=dlt.destinations.duckdb(str(config.warehouse_path())),
        dataset_name=f"raw_{source}",
    )


def _recovered(connection: duckdb.DuckDBPyConnection, source: str) -> dlt.Pipeline:
    """A pipeline whose state is the warehouse's, whatever an earlier run left half-done.

    dlt restores state only into an empty working folder and a load is not atomic. So the folder,
    which is a cache, goes with any pending package, and so do rows of loads that never completed.
    """
    folder = Path(get_dlt_pipelines_dir()) / source
    if folder.exists():
        shutil.rmtree(folder)  # as `drop`, which makes the pipeline twice
    pipeline = _pipeline(source)
    _delete_incomplete(connection, source)
    check_readable(connection, source)
    check_order(connection, f"raw_{source}")
    pipeline.sync_destination()
    return pipeline


def _delete_incomplete(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    dataset, completed = f"raw_{source}", views.completed_loads(source)
    tables = connection.execute(_LOADED_TABLES, [dataset]).fetchall()
    for (table,) in tables:
        connection.execute(
            _DELETE_INCOMPLETE.format(dataset=dataset, table=table, completed=completed)
        )


_LOADED_TABLES = """
select table_name from duckdb_columns()
where schema_name = ? and column_name = '_dlt_load_id' and table_name <> '_dlt_pipeline_state'
"""

_DELETE_INCOMPLETE = """
delete from "{dataset}"."{table}" where _dlt_load_id not in ({completed})
"""


def _export(ledger: Sequence[LedgerRow], *, source: str, run_id: str) -> None:
    state = config.state_dir()
    for row in ledger:
        exports.write_watermark(
            state, source=source, entity=row.entity, cursor=row.cursor_after, run_id=run_id
        )
    facts = {"ledger": ledger}
    exports.add_to_manifest(state, run_id=run_id, stage=f"load.{source}", facts=facts)
