"""Sets a source's cursors back to where a run left them, so that the next load reads on from there.

Raw keeps its rows, and the load stores none again that is unchanged: a rewind costs requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dlt
import duckdb
import msgspec
from dlt.extract import DltResource, DltSource

from contracts.odcs import Entity, Source
from dlt_pipelines import config
from dlt_pipelines.control import exports
from dlt_pipelines.errors import ConfigurationError, StateError
from dlt_pipelines.loading.page_size import rows_a_page
from dlt_pipelines.loading.pipelines import recorded_pipeline
from dlt_pipelines.loading.resources import cursor_history_resource
from dlt_pipelines.loading.state import (
    CursorMove,
    EntityState,
    Move,
    State,
    in_force,
    moves,
    state_after,
)


class Refetch(msgspec.Struct, frozen=True, kw_only=True):
    """What rewinding an entity makes the next load list again: stored `rows`, in `requests`."""

    entity: str
    before: EntityState
    after: EntityState
    rows: int
    requests: int


class Rewind(msgspec.Struct, frozen=True, kw_only=True):
    """Which entities go back to where the run `to` left them."""

    source: str
    to: str
    target: State
    entities: tuple[Refetch, ...]


def plan(
    connection: duckdb.DuckDBPyConnection, source: Source, *, to: str, entities: Sequence[str]
) -> Rewind:
    """A rewind of the named entities, of all that differ when none is named.

    Raises CFG001 when the source has no cursors or the run is not known, STATE001 when a state
    cannot be read, or is ahead of the one in force: going there would skip what lies between.
    """
    if not any(entity.cursor for entity in source.entities.values()):
        raise ConfigurationError("every load reads this source whole: it has no cursors to rewind")
    target = state_after(connection, source.name, to)
    wanted = [
        move
        for move in moves(source, in_force(connection, source.name), target)
        if not entities or move.entity in entities
    ]
    ahead = [move.entity for move in wanted if move.after.is_ahead_of(move.before)]
    if ahead:
        raise StateError(
            "the run is ahead of the state in force, and going there would skip rows; `hallmark"
            " load` reads them, `--entity` rewinds the others alone",
            run=to,
            ahead=", ".join(ahead),
        )
    refetched = [_refetch(connection, source, move) for move in wanted]
    return Rewind(source=source.name, to=to, target=target, entities=tuple(refetched))


def _refetch(connection: duckdb.DuckDBPyConnection, source: Source, move: Move) -> Refetch:
    rows = _rows_since(connection, source.entities[move.entity], move.after.cursor)
    return Refetch(
        entity=move.entity,
        before=move.before,
        after=move.after,
        rows=rows,
        requests=max(1, math.ceil(rows / rows_a_page(source.limits))),
    )


def _rows_since(connection: duckdb.DuckDBPyConnection, entity: Entity, reached: int | None) -> int:
    """Objects that are stored and that a list from the cursor, less its overlap, brings again."""
    assert entity.cursor is not None
    since = None if reached is None else reached - entity.cursor.overlap_seconds
    found = connection.execute(
        _ROWS.format(
            table=f'raw_{entity.source}."{entity.name}"',
            key=entity.key,
            field=entity.cursor.field,
        ),
        {"since": since},
    ).fetchone()
    return int(found[0]) if found else 0


_ROWS = """
select count(distinct "{key}") from {table}
where $since::bigint is null or "{field}" >= $since::bigint
"""


def rewind(planned: Rewind, *, run_id: str) -> None:
    """Stores the states with their rows of the cursor history, in one dlt load.

    Fails as a load does: nothing is half-done, and `control.runs` has the error. The caller has
    planned it under the warehouse's lock and still holds it.
    """
    state_dir = config.state_dir()
    with recorded_pipeline(planned.source, run_id=run_id, command="state rewind") as pipeline:
        pipeline.run(_states(planned, run_id))
    for each in planned.entities:
        exports.write_watermark(
            state_dir,
            source=planned.source,
            entity=each.entity,
            cursor=each.after.cursor,
            run_id=run_id,
        )


def _states(planned: Rewind, run_id: str) -> DltSource:
    """A dlt source that only sets resource states, those of the source whose name it has."""

    def moved() -> Iterator[CursorMove]:
        now = datetime.now(UTC)
        for each in planned.entities:
            state = dlt.current.resource_state(each.entity)
            state.clear()
            state.update(planned.target.resources.get(each.entity, {}))
            yield CursorMove(
                run_id=run_id,
                entity=each.entity,
                cursor_before=each.before.cursor,
                cursor_after=each.after.cursor,
                moved_at=now,
                reason="rewind",
            )

    def resources() -> DltResource:
        return cursor_history_resource(moved)

    return dlt.source(resources, name=planned.source, section=planned.source)()
