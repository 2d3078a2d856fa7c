"""The gate: judges the checks and keeps the judgement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb
import msgspec

from expectations.results import Check, Outcome, Verdict

CREATE_RESULTS = """
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
"""
INSERT_RESULTS = """
insert into control.gate_results by name
select $run_id as run_id, $recorded_at as recorded_at, checks.*
from (select unnest(from_json($checks::json, $form)) as checks)
"""
FORM = {
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
NEWEST_VERDICT = """
with
results as (  -- a table from before there were waivers lacks their column
    from control.gate_results union all by name select '' as waived where false
)
select
    case
        when count(*) filter (where outcome = 'failed' and decides) > 0 then 'failed'
        when count(*) filter (where outcome = 'not_checked' and decides) > 0 then 'not checked'
        else 'passed'
    end as verdict,
    run_id,
    max(recorded_at) as recorded_at,
    count(*) filter (where outcome = 'passed') as passed,
    count(*) filter (where outcome = 'failed' and decides) as failed,
    count(*) filter (where outcome = 'failed' and not decides) as warnings,
    count(*) filter (where outcome = 'not_checked') as not_checked
from (select *, severity = 'critical' and coalesce(waived, '') = '' as decides from results)
group by run_id
order by recorded_at desc
limit 1
"""


def judge(checks: Iterable[Check]) -> Verdict:
    """A gate without a check, or with a critical one that gave no answer, has not passed."""
    asked = list(checks)
    decisive = {check.outcome for check in asked if check.decides}
    outcome: Outcome = "passed"
    if "failed" in decisive:
        outcome = "failed"
    elif decisive or not asked:
        outcome = "not_checked"
    return Verdict(outcome=outcome, checks=asked)


def record(connection: duckdb.DuckDBPyConnection, run_id: str, verdict: Verdict) -> None:
    """Writes one row per check to `control.gate_results`, all or none.

    A restarted run keeps its run_id: what it recorded before is replaced.
    """
    values = {
        "run_id": run_id,
        "recorded_at": datetime.now(UTC),
        "checks": msgspec.json.encode([_row(check) for check in verdict.checks]).decode(),
        "form": msgspec.json.encode([FORM]).decode(),
    }
    connection.begin()
    try:
        connection.execute("create schema if not exists control")
        connection.execute(CREATE_RESULTS)
        connection.execute("delete from control.gate_results where run_id = ?", [run_id])
        connection.execute(INSERT_RESULTS, values)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _row(check: Check) -> dict[str, object]:
    values = msgspec.structs.asdict(check)
    return values | {"table_name": values.pop("table")}
