"""How long ago each source was loaded, against the limits in dbt's sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import duckdb

from expectations.asking import Finding, Question
from expectations.locations import located
from expectations.manifest import Manifest, SourceTable
from expectations.results import SourceFreshness

_TRIES = "select count(*) filter (where source = ?), count(*) from control.runs"
_ACTION = "See the last runs (`hallmark status`), then load: `hallmark load {source}`."


def freshness_questions(manifest: Manifest, now: datetime) -> Iterator[Question]:
    """One question per source that has a limit; a source never loaded has failed it."""
    for table in _limited(manifest):
        yield Question(
            "freshness",
            table.source_name,
            "loaded",
            "critical",
            f"loaded within {_limit(table, 'error'):g} hours, better {_limit(table, 'warn'):g}",
            partial(_find, table, now),
            located(table.original_file_path, f"name: {table.source_name}", "freshness"),
        )


def source_freshness(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, now: datetime
) -> list[SourceFreshness]:
    """The age of each source that has a limit."""
    return [_freshness(connection, table, now) for table in _limited(manifest)]


def _limited(manifest: Manifest) -> list[SourceTable]:
    """One table for each source: all of its tables are loaded together and share the limit."""
    tables = {
        table.source_name: table
        for table in manifest.sources.values()
        if table.loaded_at_query and table.freshness and table.freshness.error_after.hours
    }
    return [tables[name] for name in sorted(tables)]


def _limit(table: SourceTable, kind: str) -> float:
    """Hours; a source without a warning limit warns when it fails."""
    assert table.freshness is not None
    error = table.freshness.error_after.hours or 0.0
    return (table.freshness.warn_after.hours or error) if kind == "warn" else error


def _freshness(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, now: datetime
) -> SourceFreshness:
    row = connection.execute(table.loaded_at_query or "").fetchone()
    loaded_at = row[0].astimezone(UTC) if row and row[0] else None
    return SourceFreshness(
        source=table.source_name.removeprefix("raw_"),
        loaded_at=loaded_at,
        age_hours=None if loaded_at is None else (now - loaded_at).total_seconds() / 3600,
        warn_after_hours=_limit(table, "warn"),
        error_after_hours=_limit(table, "error"),
    )


def _is_unused(connection: duckdb.DuckDBPyConnection, source: str) -> bool:
    """Whether nobody ever tried to load a source although there were runs of others."""
    row = connection.execute(_TRIES, [source]).fetchone()
    return row is not None and row[0] == 0 and row[1] > 0


def _find(table: SourceTable, now: datetime, connection: duckdb.DuckDBPyConnection) -> Finding:
    found = _freshness(connection, table, now)
    sql, action = table.loaded_at_query or "", _ACTION.format(source=found.source)
    if found.age_hours is None and _is_unused(connection, found.source):
        return Finding(
            "not_checked", "", "never loaded, as others were: not in use?", sql, "warning"
        )
    if found.age_hours is None:
        return Finding("failed", "no whole load has succeeded yet: nothing to check", action, sql)
    observed = f"loaded {found.age_hours:.1f} hours ago"
    if found.age_hours > found.error_after_hours:
        return Finding("failed", observed, action, sql)
    if found.age_hours > found.warn_after_hours:
        return Finding("failed", observed, action, sql, "warning")
    return Finding("passed", observed)
