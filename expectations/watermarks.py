"""Whether each cursor has moved as far as the rows that came, and never back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import duckdb

from contracts.odcs import Entity
from dlt_pipelines.control.rows import rows_of
from expectations.asking import Finding, Question
from expectations.locations import located

_HERE = "expectations/watermarks.py"
_UNMOVED = "No load has moved the cursor since it was last set."
_MOVES = """
select
    run_id,
    reason,
    cursor_after,
    greatest(cursor_before, lag(cursor_after) over (order by moved_at)) as before
from control.cursor_history
where source = $source and entity = $entity
qualify row_number() over (order by moved_at desc) = 1
"""
_NEWEST = """
select max("{field}") as newest
from raw_{source}."{entity}"
where _run_id = '{run_id}' and "{field}" <= epoch(_extracted_at)
"""


def watermark_questions(entities: Sequence[Entity]) -> Iterator[Question]:
    """Two questions for each entity that has a cursor."""
    for entity in entities:
        if entity.cursor is None:
            continue
        table = f"raw_{entity.source}.{entity.name}"
        yield Question(
            "watermark",
            table,
            "never_back",
            "critical",
            "the cursor goes back only by `hallmark state rewind`",
            partial(_never_back, entity),
            located(_HERE, '"never_back"'),
        )
        yield Question(
            "watermark",
            table,
            "moved",
            "warning",
            "the cursor is as far as the newest row that its load stored",
            partial(_moved, entity),
            located(_HERE, '"moved"'),
        )


def _never_back(entity: Entity, connection: duckdb.DuckDBPyConnection) -> Finding:
    last = _last_move(connection, entity)
    if last is None:
        return Finding("not_checked", "", _UNMOVED, severity="warning")
    after, before = last["cursor_after"], last["before"]
    if last["reason"] != "load" or before is None or (after or 0) >= before:
        return Finding("passed", f"{before} → {after}")
    advice = "Rows are read again, none is lost. Look for a second process or an older dlt state."
    return Finding("failed", f"{before} → {after}", advice, _history_sql(entity))


def _moved(entity: Entity, connection: duckdb.DuckDBPyConnection) -> Finding:
    last = _last_move(connection, entity)
    if last is None or last["reason"] != "load" or entity.cursor is None:
        return Finding("not_checked", "", _UNMOVED)
    sql = _NEWEST.format(
        field=entity.cursor.field,
        source=entity.source,
        entity=entity.name,
        run_id=last["run_id"],
    )
    newest = rows_of(connection, sql)[0]["newest"]
    if newest is None or newest <= (last["cursor_after"] or 0):
        return Finding("passed", f"at {last['cursor_after']}")
    advice = "The next load reads these rows again; the same finding twice is a fault to report."
    return Finding("failed", f"at {last['cursor_after']}, newest row {newest}", advice, sql)


def _last_move(connection: duckdb.DuckDBPyConnection, entity: Entity) -> dict[str, Any] | None:
    rows = rows_of(connection, _MOVES, {"source": entity.source, "entity": entity.name})
    return rows[0] if rows else None


def _history_sql(entity: Entity) -> str:
    return (
        "select * from control.cursor_history"  # noqa: S608
        f" where source = '{entity.source}' and entity = '{entity.name}' order by moved_at desc"
    )
