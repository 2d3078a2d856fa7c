"""How many records each entity has, against the runs before: the one place that compares counts.

Baselines are loads of the newest rows that succeeded: a failed run received what it happened to, a
replay nothing and a backfill old rows. The run that is judged is not its own baseline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import duckdb

from contracts.odcs import Entity
from dlt_pipelines.control.rows import rows_of
from expectations.asking import Finding, Question
from expectations.locations import located
from expectations.results import Outcome

_HERE = "expectations/volume.py"
CHANGED_AT_MOST = 0.05
"""Share of the records before, the Zephyr plan's threshold."""
COMPARED_LOADS = 3
"""So many loads in a row that brought rows make it remarkable when one brings none."""

_RECEIVED = r"""
select ledger.received, ledger.received - ledger.deduplicated as records
from control.ledger as ledger
inner join control.runs as runs
    on ledger.run_id = runs.run_id and ledger.source = runs.source
where
    ledger.source = $source and ledger.entity = $entity and ledger.outcome <> 'absent'
    and runs.status = 'succeeded'
    and regexp_matches(runs.command, '^(run|load)\b') and runs.command not like '%--from%'
order by runs.started_at desc
limit $limit
"""
_COUNTED = """
select counts.row_count as records
from control.table_counts as counts
inner join control.gate_runs as gate_runs on counts.run_id = gate_runs.run_id
where
    counts.table_name = $table and counts.run_id <> $run_id and gate_runs.outcome = 'passed'
order by gate_runs.finished_at desc
limit 1
"""


class Loads(NamedTuple):
    """What the loads of an entity received, and how many records that were, newest first."""

    received: list[int]
    records: list[int]


def volume_questions(entities: Sequence[Entity], run_id: str) -> Iterator[Question]:
    """Two questions per entity: whether any came, and whether their number is as before."""
    for entity in entities:
        table = f"raw_{entity.source}.{entity.name}"
        yield Question(
            "volume",
            table,
            "some_received",
            "warning",
            f"rows, when each of the last {COMPARED_LOADS} loads received some",
            partial(_not_silent, entity),
            located(_HERE, '"some_received"'),
        )
        yield Question(
            "volume",
            table,
            "record_count",
            "warning",
            f"the number of records within ±{CHANGED_AT_MOST:.0%} of the run before",
            partial(_near, entity, run_id),
            located(_HERE, '"record_count"'),
        )


def _loads(connection: duckdb.DuckDBPyConnection, entity: Entity) -> Loads:
    values = {"source": entity.source, "entity": entity.name, "limit": COMPARED_LOADS + 1}
    rows = connection.execute(_RECEIVED, values).fetchall()
    return Loads([received for received, _ in rows], [records for _, records in rows])


def _not_silent(entity: Entity, connection: duckdb.DuckDBPyConnection) -> Finding:
    received = _loads(connection, entity).received
    if not received:
        return Finding("not_checked", "", "No load of it has succeeded, or the server lacks it.")
    newest, *before = received
    told = ", ".join(f"{each:,}" for each in before) or "no load"
    observed = f"{newest:,} received, before that {told}"
    if newest or len(before) < COMPARED_LOADS or not all(before):
        return Finding("passed", observed)
    advice = (
        "The server may hide what it has: see whether the token still reaches it, and whether the"
        " list's filter is still understood."
    )
    return Finding("failed", observed, advice, _history_sql(entity))


def _near(entity: Entity, run_id: str, connection: duckdb.DuckDBPyConnection) -> Finding:
    counts = _keys(connection, entity, run_id) if entity.cursor else _records(connection, entity)
    if len(counts) < 2:
        return Finding("not_checked", "", "There is no run before to compare with.")
    now, before = counts[:2]
    change = (now - before) / before if before else float(now > 0)
    observed = f"{now:,} records, before {before:,} ({change:+.1%})"
    outcome: Outcome = "passed" if abs(change) <= CHANGED_AT_MOST else "failed"
    advice = "Fewer: did the server hide some? More: is it a backfill, or another tenant's data?"
    return Finding(outcome, observed, advice if outcome == "failed" else "", _history_sql(entity))


def _records(connection: duckdb.DuckDBPyConnection, entity: Entity) -> list[int]:
    """Distinct records that the last two loads were sent: each reads such an entity whole."""
    return _loads(connection, entity).records[:2]


def _keys(connection: duckdb.DuckDBPyConnection, entity: Entity, run_id: str) -> list[int]:
    """Records in Silver now and after the last good run: a load of new rows tells no total."""
    table = f"silver.stg_{entity.source}__{entity.name}"
    now = connection.execute(f"select count(*) from {table}").fetchall()  # noqa: S608
    before = rows_of(connection, _COUNTED, {"table": table, "run_id": run_id})
    return [now[0][0], *(row["records"] for row in before)]


def _history_sql(entity: Entity) -> str:
    return (
        "select run_id, received, deduplicated, loaded from control.ledger"  # noqa: S608
        f" where source = '{entity.source}' and entity = '{entity.name}' order by run_id desc"
    )
