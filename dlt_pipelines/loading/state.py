"""The states of a source that dlt has stored: how far each load has read, and what is in force.

dlt stores a version of its state with each load that changed it; the one of the newest completed
load is what the next load goes on from.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any, Literal

import duckdb
import msgspec
from dlt.common.versioned_state import decompress_state

from contracts.odcs import Source
from dlt_pipelines.errors import ConfigurationError, StateError

_KNOWN = 5
MoveReason = Literal["load", "rewind", "replay"]


class CursorMove(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `control.cursor_history`; cursors are epoch seconds."""

    run_id: str
    entity: str
    cursor_before: int | None
    cursor_after: int | None
    moved_at: datetime
    reason: MoveReason


class EntityState(msgspec.Struct, frozen=True, kw_only=True):
    """How far an entity was read: its cursor, and the newest event whose changes it has seen.

    An event is its `created` and its id; times are epoch seconds.
    """

    cursor: int | None = None
    event: tuple[int, str] | None = None

    def is_ahead_of(self, other: EntityState) -> bool:
        """Whether a load that goes on from here would skip what one from `other` would read."""
        return self._cursor > other._cursor or self._event > other._event

    @property
    def _cursor(self) -> int:
        """Without a cursor everything is still to be read."""
        return -1 if self.cursor is None else self.cursor

    @property
    def _event(self) -> tuple[int, str]:
        return self.event or (0, "")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What one stored version says; `resources` is each entity's state just as dlt keeps it."""

    load_id: str
    resources: dict[str, dict[str, Any]]

    def of(self, entity: str) -> EntityState:
        return msgspec.convert(self.resources.get(entity, {}), EntityState)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A stored version. No `run_id`: its load was undone, or only made the tables."""

    run_id: str | None
    load_id: str
    stored_at: datetime
    completed: bool
    in_force: bool
    moved: tuple[str, ...]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """An entity whose states in two versions differ."""

    entity: str
    before: EntityState
    after: EntityState


def versions(connection: duckdb.DuckDBPyConnection, source: str) -> list[Version]:
    """The stored versions, newest first; none before the first load."""
    rows = _ask(connection, _VERSIONS, source)
    return [
        Version(
            run_id=run_id,
            load_id=load_id,
            stored_at=stored_at,
            completed=completed,
            in_force=in_force,
            moved=tuple(moved),
        )
        for run_id, load_id, stored_at, completed, in_force, moved in rows
    ]


def in_force(connection: duckdb.DuckDBPyConnection, source: str) -> State:
    """The state that the next load goes on from.

    Raises CFG001 when nothing was loaded yet, STATE001 when the state cannot be read.
    """
    return _newest(connection, source, None)


def check_readable(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Raises STATE001 when the state in force cannot be read: dlt would not say what to do."""
    for load_id, text in _ask(connection, _STATES, source, None):
        _decoded(source, load_id, text)


def state_after(connection: duckdb.DuckDBPyConnection, source: str, run_id: str) -> State:
    """The state that a run left in force, be it the one that it had found.

    Raises CFG001 for a run that is unknown or failed, naming those that are known, and STATE001
    when the state cannot be read.
    """
    loads = dict(_ask(connection, _LOADS, source))
    if run_id not in loads:
        known = ", ".join(list(loads)[:_KNOWN])
        raise ConfigurationError(
            f"no load of {source} was completed by this run; the newest that are known are given",
            run=run_id,
            status=_status(connection, source, run_id),
            known=known or "none",
        )
    return _newest(connection, source, loads[run_id])


def moves(source: Source, before: State, after: State) -> list[Move]:
    """The entities whose states differ, in the contract's order."""
    found = [
        Move(entity=name, before=before.of(name), after=after.of(name)) for name in source.entities
    ]
    return [move for move in found if move.before != move.after]


def _newest(connection: duckdb.DuckDBPyConnection, source: str, load_id: str | None) -> State:
    """The state of the newest completed load, `load_id` or one before it."""
    rows = _ask(connection, _STATES, source, load_id)
    if not rows:
        raise ConfigurationError("nothing was loaded yet: `hallmark load` does", source=source)
    return _decoded(source, *rows[0])


class _Resources(msgspec.Struct):
    resources: dict[str, dict[str, Any]] = {}


class _Document(
    msgspec.Struct, rename={"version": "_state_version", "engine": "_state_engine_version"}
):
    version: int
    engine: int
    sources: dict[str, _Resources] = {}


def _decoded(source: str, load_id: str, text: str) -> State:
    try:
        document = msgspec.convert(decompress_state(text), _Document)
        resources = document.sources.get(source, _Resources()).resources
        state = State(load_id=load_id, resources=resources)
        for entity in resources:
            state.of(entity)
    except (ValueError, zlib.error, msgspec.ValidationError) as error:
        raise StateError(
            "a stored state cannot be read; delete its row: the state before it takes its place,"
            " what came since is read again and nothing is stored twice",
            table=f"raw_{source}._dlt_pipeline_state",
            _dlt_load_id=load_id,
        ) from error
    return state


def _status(connection: duckdb.DuckDBPyConnection, source: str, run_id: str) -> str:
    rows = connection.execute(
        "select status from control.runs where source = ? and run_id = ?", [source, run_id]
    ).fetchall()
    return rows[0][0] if rows else "unknown"


def _ask(
    connection: duckdb.DuckDBPyConnection, sql: str, source: str, *values: object
) -> list[tuple[Any, ...]]:
    """No rows while a table is not there: before the first load."""
    dataset = f"raw_{source}"
    query = sql.format(dataset=dataset, runs=_RUNS.format(dataset=dataset))
    try:
        return connection.execute(query, [source, *values]).fetchall()
    except duckdb.CatalogException:
        return []


_RUNS = """
    select run_id, _dlt_load_id as load_id from {dataset}._ledger
    union
    select run_id, _dlt_load_id as load_id from {dataset}._cursor_history
"""

_VERSIONS = """
with
runs as ({runs}),
moves as (
    select _dlt_load_id as load_id, list(entity order by entity) as entities
    from {dataset}._cursor_history
    group by all
)
select
    runs.run_id,
    states._dlt_load_id,
    states.created_at,
    loads.load_id is not null as is_completed,
    is_completed and states._dlt_load_id = max(loads.load_id) over () as is_in_force,
    coalesce(moves.entities, [])
from {dataset}._dlt_pipeline_state as states
left join {dataset}._dlt_loads as loads
    on states._dlt_load_id = loads.load_id and loads.status = 0
left join runs on states._dlt_load_id = runs.load_id
left join moves on states._dlt_load_id = moves.load_id
where states.pipeline_name = ?
order by states._dlt_load_id desc
"""

_LOADS = """
select runs.run_id, max(runs.load_id) as load_id
from ({runs}) as runs
inner join {dataset}._dlt_loads as loads
    on runs.load_id = loads.load_id and loads.status = 0 and loads.schema_name = ?
group by all
order by load_id desc
"""

_STATES = """
select states._dlt_load_id, states.state
from {dataset}._dlt_pipeline_state as states
inner join {dataset}._dlt_loads as loads
    on states._dlt_load_id = loads.load_id and loads.status = 0
where states.pipeline_name = ? and states._dlt_load_id <= coalesce(?, states._dlt_load_id)
order by states._dlt_load_id desc
limit 1
"""
