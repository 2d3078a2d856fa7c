"""What the gate leaves in the warehouse: runs, results, and how many rows each table had."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb
import msgspec

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.history import check_histories
from expectations.results import Check, TrendPoint, Verdict

_TABLES = """
create schema if not exists control;
create table if not exists control.gate_results (
    run_id varchar not null,
    check_id varchar not null,
    kind varchar not null,
    table_name varchar not null,
    name varchar not null,
    severity varchar not null,
    outcome varchar not null,
    expected varchar not null,
    observed varchar not null,
    detail varchar not null,
    seconds double not null,
    recorded_at timestamptz not null
);
alter table control.gate_results add column if not exists location varchar default '';
alter table control.gate_results add column if not exists waived varchar default '';
alter table control.gate_results add column if not exists sql varchar default '';
alter table control.gate_results add column if not exists sample json default '[]';
alter table control.gate_results add column if not exists first_failed_at timestamptz;
alter table control.gate_results add column if not exists failing_runs integer;
alter table control.gate_results add column if not exists flips integer;
create table if not exists control.gate_runs (
    run_id varchar not null,
    finished_at timestamptz not null,
    outcome varchar not null,
    passed integer not null,
    failed integer not null,
    warnings integer not null,
    not_checked integer not null,
    rows_received bigint not null,
    rows_loaded bigint not null,
    seconds double not null
);
create table if not exists control.table_counts (
    run_id varchar not null,
    table_name varchar not null,
    row_count bigint not null
);
"""
_OWN = ("gate_results", "gate_runs", "table_counts")
_INSERT_RESULTS = """
insert into control.gate_results by name
select $run_id as run_id, $recorded_at as recorded_at, checks.*
from (select unnest(from_json($checks::json, $form)) as checks)
"""
_FORM = {
    "check_id": "varchar",
    "kind": "varchar",
    "table_name": "varchar",
    "name": "varchar",
    "severity": "varchar",
    "outcome": "varchar",
    "expected": "varchar",
    "observed": "varchar",
    "detail": "varchar",
    "seconds": "double",
    "location": "varchar",
    "waived": "varchar",
    "sql": "varchar",
    "sample": "json",
}
"""What is kept of a check, by column."""
_ADD_HISTORY = """
update control.gate_results
set
    first_failed_at = found.history.first_failed_at,
    failing_runs = found.history.failing_runs,
    flips = found.history.flips
from (select unnest(from_json($histories::json, $form)) as history) as found
where gate_results.run_id = $run_id and gate_results.check_id = found.history.check_id
"""
_HISTORY_FORM = {
    "check_id": "varchar",
    "first_failed_at": "timestamptz",
    "failing_runs": "integer",
    "flips": "integer",
}
"""Since when a check has not passed, in how many runs in a row, and how often it turned."""
_INSERT_RUN = """
insert into control.gate_runs values (
    $run_id, $finished_at, $outcome, $passed, $failed, $warnings, $not_checked, $rows_received,
    $rows_loaded, $seconds
)
"""
NEWEST_VERDICT = """
select
    replace(outcome, '_', ' ') as verdict,
    run_id,
    finished_at as recorded_at,
    passed,
    failed,
    warnings,
    not_checked
from control.gate_runs
order by finished_at desc
limit 1
"""
_BUILT = """
select schema_name, table_name
from duckdb_tables()
where database_name = current_database() and schema_name in ('silver', 'gold', 'activation')
order by all
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables of the record, so that checks can compare with the runs in them."""
    connection.execute(_TABLES)


def record(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    verdict: Verdict,
    *,
    started_at: datetime,
    ledger: Iterable[LedgerRow] = (),
) -> TrendPoint:
    """Writes the run, one row per check and one per table that was built: all or none.

    A restarted run keeps its run_id: what it recorded before is replaced.
    """
    point = _point(run_id, verdict, started_at, list(ledger))
    results = {
        "run_id": run_id,
        "recorded_at": point.finished_at,
        "checks": msgspec.json.encode([_row(check) for check in verdict.checks]).decode(),
        "form": msgspec.json.encode([_FORM]).decode(),
    }
    run = msgspec.structs.asdict(point) | {"passed": verdict.passed}
    connection.begin()
    try:
        prepare(connection)
        for name in _OWN:
            connection.execute(f"delete from control.{name} where run_id = ?", [run_id])  # noqa: S608
        connection.execute(_INSERT_RESULTS, results)
        connection.execute(_INSERT_RUN, run)
        _count_tables(connection, run_id)
        _add_histories(connection, run_id)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return point


def _point(
    run_id: str, verdict: Verdict, started_at: datetime, ledger: list[LedgerRow]
) -> TrendPoint:
    now = datetime.now(UTC)
    return TrendPoint(
        run_id=run_id,
        finished_at=now,
        outcome=verdict.outcome,
        failed=verdict.failed,
        warnings=verdict.warnings,
        not_checked=verdict.not_checked,
        rows_received=sum(row.received for row in ledger),
        rows_loaded=sum(row.loaded for row in ledger),
        seconds=(now - started_at).total_seconds(),
    )


def _add_histories(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    values = {
        "run_id": run_id,
        "histories": msgspec.json.encode(check_histories(connection, run_id)).decode(),
        "form": msgspec.json.encode([_HISTORY_FORM]).decode(),
    }
    connection.execute(_ADD_HISTORY, values)


def _row(check: Check) -> dict[str, object]:
    values = msgspec.structs.asdict(check)
    return values | {"table_name": values.pop("table")}


def _count_tables(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    tables = connection.execute(_BUILT).fetchall()
    counts = " union all ".join(
        f"select '{schema}.{table}' as table_name, count(*) as row_count from {schema}.\"{table}\""  # noqa: S608
        for schema, table in tables
    )
    if counts:
        insert = f"insert into control.table_counts by name select $1 as run_id, * from ({counts})"  # noqa: S608
        connection.execute(insert, [run_id])
