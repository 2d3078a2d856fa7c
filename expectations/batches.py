"""The one file that knows how Great Expectations reads DuckDB. Importing it takes seconds."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from expectations.results import Check, Outcome


def run_suites(warehouse: Path, suites: Iterable[gx.ExpectationSuite]) -> list[Check]:
    """Asks every expectation of every suite; a suite is named after its table, `schema.table`.

    What could not be asked is `not_checked` and says why, so a broken table never ends the run.
    The file is opened read-only: no connection of this process may have it open for writing.
    """
    suites = list(suites)
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    try:
        with datasource(warehouse) as source:
            return [check for suite in suites for check in _run_suite(source, suite)]
    except ConnectionError as error:
        return [check for suite in suites for check in _unasked(suite, str(error))]


@contextlib.contextmanager
def datasource(warehouse: Path) -> Iterator[SQLDatasource]:
    """One read-only source for all suites; its engines are closed, or the file stays locked.

    GX keeps two: one to look tables up, one to ask.
    """
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql(
        "warehouse",
        connection_string=_read_only(warehouse),
        create_temp_table=False,
    )
    engines = [source.get_engine(), source.get_execution_engine().engine]
    try:
        sa.event.listen(engines[1], "after_cursor_execute", _buffer_rows)
        yield source
    finally:
        for engine in engines:
            engine.dispose()


def _read_only(warehouse: Path) -> str:
    url = sa.URL.create("duckdb", database=str(warehouse), query={"access_mode": "read_only"})
    return url.render_as_string()


def _buffer_rows(
    _connection: object,
    cursor: Any,
    _statement: str,
    _parameters: object,
    context: Any,
    _many: bool,
) -> None:
    """GX closes the connection before it fetches, which ends DuckDB's result: fetch at once."""
    if cursor.description:
        context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
            cursor, initial_buffer=cursor.fetchall()
        )


def _run_suite(source: SQLDatasource, suite: gx.ExpectationSuite) -> list[Check]:
    schema, table = suite.name.split(".")
    try:
        asset = source.add_table_asset(suite.name, table_name=table, schema_name=schema)
        batch = asset.add_batch_definition_whole_table(suite.name).get_batch()
    except ConnectionError:
        return _unasked(suite, f"{suite.name} is not in the warehouse.")
    return [_ask(batch, suite.name, expectation) for expectation in suite.expectations]


def _ask(batch: Batch, table: str, expectation: Any) -> Check:
    started = time.perf_counter()
    try:
        result = batch.validate(expectation, result_format="COMPLETE")
    except Exception as error:  # whatever breaks inside GX is that check's answer, not the run's
        return _check(table, expectation, "not_checked", "", _first_line(str(error)))
    seconds = time.perf_counter() - started
    if message := _raised(result.exception_info):
        return _check(table, expectation, "not_checked", "", _first_line(message), seconds)
    if result.success:
        return _check(table, expectation, "passed", "as expected", "", seconds)
    observed = _observed(result.result)
    return _check(table, expectation, "failed", observed, expectation.meta["action"], seconds)


def _check(
    table: str, expectation: Any, outcome: Outcome, observed: str, detail: str, seconds: float = 0.0
) -> Check:
    meta = expectation.meta
    return Check(
        check_id=f"expectation:{table}:{meta['name']}",
        kind="expectation",
        table=table,
        name=meta["name"],
        severity=meta["severity"],
        outcome=outcome,
        expected=expectation.description,
        observed=observed,
        detail=detail,
        seconds=seconds,
    )


def _unasked(suite: gx.ExpectationSuite, reason: str) -> list[Check]:
    return [
        _check(suite.name, expectation, "not_checked", "", reason)
        for expectation in suite.expectations
    ]


def _raised(exception_info: dict[str, Any]) -> str:
    """GX tells of an exception in one flat dict, or in one dict for each metric."""
    infos = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    return next((info["exception_message"] for info in infos if info["raised_exception"]), "")


def _first_line(message: str) -> str:
    return message.strip().partition("\n")[0]


def _observed(result: dict[str, Any]) -> str:
    """The aggregate row of a failed rule in words, or the columns that differ."""
    details = result.get("details", {})
    if rows := details.get("unexpected_rows"):
        return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in rows[0].items())
    if mismatch := details.get("mismatched"):
        return ", ".join(f"{kind}: {' '.join(names)}" for kind, names in mismatch.items())
    return str(result.get("observed_value", ""))
