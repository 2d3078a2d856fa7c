"""`hallmark status` and `hallmark config`: what is, without changing it."""

from __future__ import annotations

from typing import Any

import duckdb

from dlt_pipelines import config
from dlt_pipelines.control.rows import rows_of
from dlt_pipelines.control.serving import Serving
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.settings import SETTINGS
from expectations.record import NEWEST_VERDICT
from scripts.console import Output

LAST_LOADS = """
select
    source,
    run_id,
    command,
    status,
    date_trunc('second', started_at) as started_at,
    date_trunc('second', finished_at) as finished_at,
    error
from control.runs
qualify row_number() over (partition by source order by started_at desc) = 1
order by source
"""

CURSORS = """
with
cursors as (  -- a load has a ledger also of what it did not move, a rewind moves without one
    select source, entity, run_id, cursor_after from control.ledger
    union
    select source, entity, run_id, cursor_after from control.cursor_history
)
select
    cursors.source,
    cursors.entity,
    cast(cursors.cursor_after as varchar) as cursor,
    strftime(to_timestamp(cursors.cursor_after), '%Y-%m-%d %H:%M:%S') as cursor_utc,
    cursors.run_id
from cursors
inner join control.runs as runs
    on cursors.run_id = runs.run_id and cursors.source = runs.source
qualify row_number() over (
    partition by cursors.source, cursors.entity order by runs.started_at desc
) = 1 and cursors.cursor_after is not null
order by cursors.source, cursors.entity
"""

_FROZEN = """
select source, entity, date_trunc('second', frozen_at) as frozen_at, run_id, reason
from control.freeze
where lifted_at is null
order by source, entity
"""

_SECTIONS = {
    "gate": NEWEST_VERDICT,
    "loads": LAST_LOADS,
    "cursors": CURSORS,
    "frozen": _FROZEN,
}


def show_status(output: Output) -> None:
    """The last run of each source, cursors, the last verdict, what is frozen and what is served."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in _SECTIONS}
    if config.warehouse_path().exists():
        with connect(config.warehouse_path(), read_only=True) as connection:
            found = {name: known_rows(connection, sql) for name, sql in _SECTIONS.items()}
    else:
        output.say("Nothing was loaded yet: start with `hallmark run --demo`.")
    for name, rows in found.items():
        if rows:
            output.table(name, tuple(rows[0]), [tuple(row.values()) for row in rows])
    if any(row["verdict"] != "passed" for row in found["gate"]):
        output.say("what did not pass, and what to do: `hallmark report`")
    for source in sorted({row["source"] for row in found["frozen"]}):
        output.say(
            f"nothing is built on {source}: `hallmark quarantine list {source} --status open`"
        )
    served = Serving.of(config.data_dir()).served
    if served is not None:
        published = f"{served.published_at:%Y-%m-%d %H:%M:%S} UTC"
        output.say(f"served: Gold of run {served.run_id}, published {published}")
    output.result({**found, "served": served})


def known_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """None while a table is not there: before the first load, or the first gate."""
    try:
        return rows_of(connection, sql)
    except duckdb.CatalogException:
        return []


def show_config(output: Output) -> None:
    """Every setting: its value (secrets masked), where it comes from, what it is for."""
    values = [config.lookup(setting.name) for setting in SETTINGS]
    rows = [(v.setting.name, v.shown, v.origin, v.setting.description) for v in values]
    output.table("Configuration", ("name", "value", "origin", "for"), rows)
    output.result(
        [{"name": name, "value": value, "origin": origin} for name, value, origin, _ in rows]
    )
