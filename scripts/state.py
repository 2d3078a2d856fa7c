"""What the `hallmark state` commands do."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contracts.odcs import load_source
from dlt_pipelines.control.runs import new_run_id
from dlt_pipelines.loading import state
from dlt_pipelines.loading.rewind import Rewind, plan, rewind
from dlt_pipelines.loading.state import EntityState, State, Version
from scripts.console import Output, utc
from scripts.status_page import writing
from scripts.warehouse import existing_warehouse

_PLACE = ("cursor", "cursor (UTC)", "event", "event (UTC)")


def show_versions(output: Output, sources: Sequence[str]) -> None:
    """Each source's stored versions, newest first."""
    with existing_warehouse() as connection:
        found = {source: state.versions(connection, source) for source in sources}
    columns = ("run", "load", "stored (UTC)", "status", "in force", "cursors moved")
    for source, versions in found.items():
        output.table(f"States of {source}", columns, map(_version, versions))
    output.result(found)


def _version(version: Version) -> tuple[object, ...]:
    return (
        version.run_id,
        version.load_id,
        version.stored_at,
        "completed" if version.completed else "incomplete",
        "yes" if version.in_force else "",
        ", ".join(version.moved),
    )


def show_state(output: Output, source: str, *, run: str | None) -> None:
    """Each entity's cursor and event, in force or as a run left them."""
    with existing_warehouse() as connection:
        found = _state(connection, source, run)
    entities = load_source(source).entities.values()
    places = {each.name: found.of(each.name) for each in entities if each.cursor}
    if places:
        rows = [(entity, *_place(place)) for entity, place in places.items()]
        output.table(f"State of {source}", ("entity", *_PLACE), rows)
    else:
        output.say(f"{source} has no cursors: every load reads it whole")
    output.result(places)


def show_moves(output: Output, source: str, *, from_run: str, to_run: str | None) -> None:
    """The entities whose states differ between two runs."""
    with existing_warehouse() as connection:
        before = _state(connection, source, from_run)
        after = _state(connection, source, to_run)
    moves = state.moves(load_source(source), before, after)
    rows = [
        (move.entity, name, *_place(place))
        for move in moves
        for name, place in (("from", move.before), ("to", move.after))
    ]
    if rows:
        output.table(f"What moved of {source}", ("entity", "", *_PLACE), rows)
    else:
        output.say(f"nothing moved of {source}")
    output.result(moves)


def preview_rewind(output: Output, source: str, *, to: str, entities: Sequence[str]) -> None:
    """Says what going back to where the run `to` left the cursors means, and changes nothing."""
    planned = _planned(output, source, to, entities)
    if planned.entities:
        output.say("nothing was changed: add --yes to do it")
    output.result({"run_id": None, "to": to, "entities": planned.entities})


def rewind_state(output: Output, source: str, *, to: str, entities: Sequence[str]) -> None:
    """Says the same and does it; nothing when the cursors are there already."""
    run_id = new_run_id()
    with writing(output):
        planned = _planned(output, source, to, entities)
        if planned.entities:
            with output.step(f"rewind {source}"):
                rewind(planned, run_id=run_id)
            output.done(f"rewound by run {run_id}; `hallmark load {source}` reads on from there")
    done_by = run_id if planned.entities else None
    output.result({"run_id": done_by, "to": to, "entities": planned.entities})


def _planned(output: Output, source: str, to: str, entities: Sequence[str]) -> Rewind:
    with existing_warehouse() as connection:
        planned = plan(connection, load_source(source), to=to, entities=entities)
    if not planned.entities:
        output.say(f"{source} is where run {to} left it: nothing to rewind")
        return planned
    columns = ("entity", "cursor", "cursor (UTC)", "to", "to (UTC)", "rows", "requests")
    rows = [
        (each.entity, *_place(each.before)[:2], *_place(each.after)[:2], each.rows, each.requests)
        for each in planned.entities
    ]
    output.table(f"Rewind of {source} to run {to}", columns, rows)
    output.say(
        f"the next load lists {sum(each.rows for each in planned.entities):,} stored rows again"
        f" (requests: {sum(each.requests for each in planned.entities):,}) and asks once for each"
        " older object that the events since then name; rows that are unchanged are not stored"
        " again"
    )
    return planned


def _state(connection: duckdb.DuckDBPyConnection, source: str, run: str | None) -> State:
    if run is None:
        return state.in_force(connection, source)
    return state.state_after(connection, source, run)


def _place(place: EntityState) -> tuple[object, ...]:
    """Cells of `_PLACE`; a cursor is shown as it is stored, without separators."""
    created, event = place.event or (None, None)
    cursor = None if place.cursor is None else str(place.cursor)
    return cursor, utc(place.cursor), event, utc(created)
