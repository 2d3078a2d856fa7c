"""The one file that knows how Great Expectations reads DuckDB. Importing it takes seconds."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from msgspec.structs import replace
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from dlt_pipelines.control.warehouse import opening_error
from expectations.asking import MEMORY
from expectations.locations import located
from expectations.results import Check, Outcome

_NO_TABLE = "[QUAL001] the suite's table is not in the warehouse: build it, or delete the suite"
_EMPTY = "[QUAL001] the table is empty: nothing was checked"
_EMPTIED = "[QUAL001] the table has lost all its rows: nothing was checked"
_HAD_ROWS = sa.text("""
select counts.row_count > 0
from control.table_counts as counts
inner join control.gate_runs as gate_runs on counts.run_id = gate_runs.run_id
where counts.table_name = :name and gate_runs.outcome = 'passed'
order by gate_runs.finished_at desc
limit 1
""")
_NO_SUCH_COLUMN = re.compile(r"Referenced column|does not have a column|Binder Error.*column", re.I)


def run_suites(warehouse: Path, suites: Mapping[str, gx.ExpectationSuite]) -> list[Check]:
    """Asks every expectation of every suite; a suite is named after its table, `schema.table`.

    `suites` are by the file they stand in. What could not be asked is `not_checked` and says why,
    so a broken table never ends the run. The file is opened read-only: no connection of this
    process may have it open for writing.
    """
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    try:
        with datasource(warehouse) as source:
            checks = [_run_suite(source, *each) for each in suites.items()]
    except ConnectionError as error:
        reason = str(opening_error(error, warehouse))
        return [check for each in suites.items() for check in _unasked(*each, reason)]
    return _weighed(checks)


def _weighed(suites: list[list[Check]]) -> list[Check]:
    """A table that never had rows among full ones only warns; all empty is nothing checked."""
    empty = [each for each in suites if each and each[0].detail.startswith(_EMPTY)]
    if len(empty) == len(suites):
        return [check for each in suites for check in each]
    lowered = {check.check_id for each in empty for check in each}
    return [
        replace(check, severity="warning") if check.check_id in lowered else check
        for each in suites
        for check in each
    ]


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
    options = {"access_mode": "read_only", "memory_limit": MEMORY}
    url = sa.URL.create("duckdb", database=str(warehouse), query=options)
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


def _run_suite(source: SQLDatasource, path: str, suite: gx.ExpectationSuite) -> list[Check]:
    schema, table = suite.name.split(".")
    try:
        asset = source.add_table_asset(suite.name, table_name=table, schema_name=schema)
        batch = asset.add_batch_definition_whole_table(suite.name).get_batch()
    except ConnectionError:
        return _unasked(path, suite, _NO_TABLE)
    if _is_empty(source, schema, table):
        reason = _EMPTIED if _had_rows(source, suite.name) else _EMPTY
        return _unasked(path, suite, reason)
    return [_ask(batch, _Rule(path, suite.name, each)) for each in suite.expectations]


def _is_empty(source: SQLDatasource, schema: str, table: str) -> bool:
    with source.get_engine().connect() as connection:
        found = connection.execute(
            sa.select(sa.literal(1)).select_from(sa.table(table, schema=schema)).limit(1)
        )
        return found.first() is None


def _had_rows(source: SQLDatasource, name: str) -> bool:
    """After the last run whose gate passed; False where no run was recorded."""
    try:
        with source.get_engine().connect() as connection:
            return bool(connection.execute(_HAD_ROWS, {"name": name}).scalar())
    except sa.exc.SQLAlchemyError:
        return False


@dataclass(frozen=True)
class _Rule:
    """An expectation, its table, and the file it stands in."""

    path: str
    table: str
    expectation: Any

    def check(self, outcome: Outcome, observed: str, detail: str, seconds: float = 0.0) -> Check:
        meta = self.expectation.meta
        rows = meta["rows"].replace("{batch}", self.table)
        return Check(
            check_id=f"expectation:{self.table}:{meta['name']}",
            kind="expectation",
            table=self.table,
            name=meta["name"],
            severity=meta["severity"],
            outcome=outcome,
            expected=self.expectation.description,
            observed=observed,
            detail=detail,
            seconds=seconds,
            sql="" if outcome == "passed" else rows,
            location=located(self.path, f'name="{meta["name"]}"'),
        )


def _ask(batch: Batch, rule: _Rule) -> Check:
    started = time.perf_counter()
    try:
        result = batch.validate(rule.expectation, result_format="COMPLETE")
    except Exception as error:  # whatever breaks inside GX is that check's answer, not the run's
        return rule.check("not_checked", "", _broke(str(error)))
    seconds = time.perf_counter() - started
    if message := _raised(result.exception_info):
        return rule.check("not_checked", "", _broke(message), seconds)
    if result.success:
        return rule.check("passed", "as expected", "", seconds)
    action = rule.expectation.meta["action"]
    return rule.check("failed", _observed(result.result), action, seconds)


def _unasked(path: str, suite: gx.ExpectationSuite, reason: str) -> list[Check]:
    rules = [_Rule(path, suite.name, each) for each in suite.expectations]
    return [rule.check("not_checked", "", reason) for rule in rules]


def _broke(message: str) -> str:
    """A coded sentence: of a column that is not there, or of whatever else broke the rule."""
    cause = message.strip().partition("\n")[0]
    if _NO_SUCH_COLUMN.search(cause):
        return f"[QUAL001] the suite names a column that is not there: {cause}"
    return f"[QUAL001] the check itself broke: {cause}"


def _raised(exception_info: dict[str, Any]) -> str:
    """GX tells of an exception in one flat dict, or in one dict for each metric."""
    infos = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    return next((info["exception_message"] for info in infos if info["raised_exception"]), "")


def _told(value: object) -> str:
    """A row of a finding as `name=value`."""
    if isinstance(value, dict):
        return " ".join(f"{name}={each}" for name, each in value.items())
    return str(value)


def _observed(result: dict[str, Any]) -> str:
    """The aggregate row of a failed rule in words, or the columns that differ."""
    details = result.get("details", {})
    if rows := details.get("unexpected_rows"):
        told = ((name.replace("_", " "), _told(value)) for name, value in rows[0].items())
        return ", ".join(f"{name}: {value}" for name, value in told)
    if mismatch := details.get("mismatched"):
        return ", ".join(f"{kind}: {' '.join(names)}" for kind, names in mismatch.items())
    return str(result.get("observed_value", ""))
