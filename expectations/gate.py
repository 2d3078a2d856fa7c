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
)
"""
INSERT_RESULT = "insert into control.gate_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def judge(checks: Iterable[Check]) -> Verdict:
    """A gate without a check, or with a critical one that gave no answer, has not passed."""
    asked = list(checks)
    decisive = {check.outcome for check in asked if check.severity == "critical"}
    outcome: Outcome = "passed"
    if "failed" in decisive:
        outcome = "failed"
    elif "not_checked" in decisive or not asked:
        outcome = "not_checked"
    return Verdict(outcome=outcome, checks=asked)


def record(connection: duckdb.DuckDBPyConnection, run_id: str, verdict: Verdict) -> None:
    """Writes one row per check to `control.gate_results`, all or none.

    A restarted run keeps its run_id: what it recorded before is replaced.
    """
    recorded_at = datetime.now(UTC)
    rows = [(run_id, *msgspec.structs.astuple(check), recorded_at) for check in verdict.checks]
    connection.begin()
    try:
        connection.execute("create schema if not exists control")
        connection.execute(CREATE_RESULTS)
        connection.execute("delete from control.gate_results where run_id = ?", [run_id])
        if rows:
            connection.executemany(INSERT_RESULT, rows)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
