"""The control views: what each source's loads recorded, under one name."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

_LEDGER = """
select * exclude (_dlt_load_id) from warehouse.raw_{source}._ledger
where _dlt_load_id in ({completed})
"""
_HISTORY = """
select '{source}' as source, * exclude (_dlt_load_id) from warehouse.raw_{source}._cursor_history
where _dlt_load_id in ({completed})
"""
# A row is known by its bytes; one from before rows had ids is known by its place.
_QUARANTINE = """
create or replace view quarantine.{source} as
with
completed as ({completed}),
sightings as (
    select
        * replace (coalesce(row_id, md5(concat(landing_file, '#', landing_row))) as row_id)
    from warehouse.raw_{source}._quarantine
    where _dlt_load_id in (from completed)
),
actions as (
    select entity, row_id, arg_max(action, ("at", _dlt_load_id)) as action
    from warehouse.raw_{source}._quarantine_actions
    where _dlt_load_id in (from completed)
    group by all
)
select
    sightings.row_id,
    sightings.entity,
    coalesce(any_value(actions.action), 'open') as status,
    {last},
    min(sightings.seen_at) as first_seen,
    max(sightings.seen_at) as last_seen,
    count(distinct (sightings.landing_file, sightings.landing_row)) as times_seen
from sightings
left join actions on sightings.entity = actions.entity and sightings.row_id = actions.row_id
group by sightings.entity, sightings.row_id
"""
_OF_LAST_SIGHTING = (
    "key",
    "json_path",
    "reason",
    "expected",
    "found",
    "contract_version",
    "run_id",
    "landing_file",
    "landing_row",
)


def completed_loads(source: str) -> str:
    """SQL for the loads whose rows count: one that was killed leaves some until the next begins."""
    return f"select load_id from warehouse.raw_{source}._dlt_loads where status = 0"  # noqa: S608


def create_views(connection: duckdb.DuckDBPyConnection, sources: Sequence[str]) -> None:
    """Makes the views over all sources; their raw schemas exist."""
    connection.execute(
        "create schema if not exists control; create schema if not exists quarantine"
    )
    for name, part in (("ledger", _LEDGER), ("cursor_history", _HISTORY)):
        parts = " union all by name ".join(
            part.format(source=source, completed=completed_loads(source)) for source in sources
        )
        connection.execute(f"create or replace view control.{name} as {parts}")
    newest = "arg_max_null(sightings.{name}, (sightings.seen_at, sightings._dlt_load_id)) as {name}"
    last = ",\n    ".join(newest.format(name=name) for name in _OF_LAST_SIGHTING)
    for source in sources:
        completed = completed_loads(source)
        connection.execute(_QUARANTINE.format(source=source, completed=completed, last=last))
