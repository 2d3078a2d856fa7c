"""Gathers what the status page shows and writes it beside the reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import duckdb
import msgspec

from dlt_pipelines import config
from dlt_pipelines.control import drift, freeze
from dlt_pipelines.control.files import write_atomically
from dlt_pipelines.control.serving import Serving
from dlt_pipelines.control.warehouse import connect, exclusive
from dlt_pipelines.errors import HallmarkError, StateError
from expectations.report import JSON_NAME, read_report
from expectations.results import RunReport
from expectations.status_page import (
    RUNS_SHOWN,
    CursorLine,
    Held,
    LastLoad,
    RunLine,
    Status,
    status_html,
)
from scripts.console import Output
from scripts.status import CURSORS, LAST_LOADS, known_rows
from scripts.steps import reports_dir

_LOADS = """
select
    run_id,
    any_value(command) as command,
    if(bool_and(status = 'succeeded'), 'succeeded', max(status)) as status,
    min(started_at) as started_at,
    max(finished_at) as finished_at,
    coalesce(string_agg(error, '; ' order by source), '') as error
from control.runs
group by run_id
order by run_id desc
"""

_HELD = """
select
    '{source}' as source,
    entity,
    json_path,
    reason,
    count(*) as rows,
    max(last_seen) as last_seen
from quarantine.{source}
where status = 'open'
group by all
order by rows desc, entity, json_path, reason
"""

_PAGES = {"dbt docs": "dbt-docs/index.html", "GX Data Docs": "data-docs/index.html"}

RowT = TypeVar("RowT")


def show_status_page(output: Output) -> None:
    """`hallmark status --html`."""
    page = write_status_page()
    output.say(f"status page: {page}")
    output.result({"page": str(page)})


@contextmanager
def writing(output: Output) -> Iterator[None]:
    """Holds the right to write to the warehouse; the page is brought up to date at the end.

    Raises LOCK001 as `exclusive` does.
    """
    with exclusive(config.state_dir()):
        try:
            yield
        finally:
            refresh_status_page(output)


def refresh_status_page(output: Output) -> None:
    """What was done stands whether or not the page can be written."""
    try:
        write_status_page()
    except HallmarkError as error:
        output.done(f"the status page is not up to date: {error}")


def write_status_page() -> Path:
    """Writes `index.html`, whole or not at all.

    Raises LOCK001 or STG001 as `connect` does, STATE001 for a warehouse of another version.
    """
    page = reports_dir() / "index.html"
    reports = list(_reports())
    if config.warehouse_path().exists():
        with connect(config.warehouse_path(), read_only=True) as connection:
            status = _status(reports, connection)
    else:
        with duckdb.connect() as empty:
            status = _status(reports, empty)
    write_atomically(page, status_html(status))
    return page


def _status(reports: list[RunReport], connection: duckdb.DuckDBPyConnection) -> Status:
    """What the warehouse and the reports tell; an empty warehouse tells nothing."""
    try:
        loads = _rows(connection, _LOADS, RunLine)
        lines = {line.run_id: line for line in [*loads, *map(_line, reports)]}
        last = _rows(connection, LAST_LOADS, LastLoad)
        sources = [load.source for load in last]
        newest = sorted(lines.values(), key=lambda line: line.started_at, reverse=True)
        return Status(
            version=version("hallmark"),
            runs=newest[:RUNS_SHOWN],
            older_runs=len(newest[RUNS_SHOWN:]),
            loads=last,
            cursors=_rows(connection, CURSORS, CursorLine),
            held=[
                held
                for source in sources
                for held in _rows(connection, _HELD.format(source=source), Held)
            ],
            freezes=freeze.active(connection),
            drift=[each for source in sources for each in drift.standing(connection, source)],
            served=Serving.of(config.data_dir()).served,
            judged=next((each for each in reports if each.verdict.checks), None),
            pages={name: at for name, at in _PAGES.items() if (reports_dir() / at).exists()},
        )
    except duckdb.Error as error:
        raise StateError("the warehouse cannot be read", cause=error) from error


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, kind: type[RowT]) -> list[RowT]:
    return msgspec.convert(known_rows(connection, sql), list[kind])  # type: ignore[valid-type]


def _reports() -> Iterator[RunReport]:
    """Newest first; one that cannot be read is left out, for it is of another version."""
    folders = sorted((each.parent for each in reports_dir().glob(f"*/{JSON_NAME}")), reverse=True)
    for folder in folders[:RUNS_SHOWN]:
        try:
            yield read_report(folder)
        except StateError:
            continue


def _line(report: RunReport) -> RunLine:
    verdict = report.verdict
    return RunLine(
        run_id=report.run_id,
        command=report.command,
        status=report.status,
        started_at=report.started_at,
        finished_at=report.finished_at,
        error=report.error,
        outcome=verdict.outcome if verdict.checks else None,
        passed=verdict.passed,
        failed=verdict.failed,
        warnings=verdict.warnings,
        not_checked=verdict.not_checked,
        received=sum(row.received for row in report.ledger),
        loaded=sum(row.loaded for row in report.ledger),
        page=f"{report.run_id}/report.html",
    )
