"""What commands leave behind, in a form that a disturbed and an undisturbed folder share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from contracts.odcs import Entity, load_source
from dlt_pipelines.loading import state
from tests.crash.landed import assert_landing_verifies

SOURCE = load_source("payments")
ENTITIES = ("customers", "charges")
_QUERIES = {
    "quarantine": "select row_id, entity, reason, status, times_seen from quarantine.payments",
    "deletions": "select source, entity, key from control.deletions",
    "drift": "select entity, field, kind, verdict, times_seen, over_at is null from control.drift",
    "fields": "select entity, path from control.fields",
    "freezes": "select entity, reason, lifted_at is null from control.freeze",
    "windows": "select window_start, window_end, status from control.backfills",
    "cursors": """
        select entity, cursor_before, cursor_after, reason from control.cursor_history
        where run_id = (select arg_max(run_id, started_at) from control.runs)
    """,
    "ledger": """
        select entity, received, deduplicated, unchanged, quarantined, loaded, cursor_after, outcome
        from control.ledger
        where run_id = (select arg_max(run_id, started_at) from control.runs)
    """,
}
"""The last two are those of the last run: killed, it goes on under its id."""


def left(folder: Path) -> dict[str, Any]:
    """Rows, state and records; asserts what must hold wherever a command has ended."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        _assert_accounts(connection)
        reached = state.in_force(connection, SOURCE.name)
        found: dict[str, Any] = {
            name: _rows(connection, sql) for name, sql in _QUERIES.items() if name != "windows"
        }
        if _has(connection, "backfills"):
            found["windows"] = _rows(connection, _QUERIES["windows"])
        for entity in _entities():
            found[entity.name] = _rows(connection, _versions(entity))
            found[f"{entity.name} state"] = reached.of(entity.name)
            watermark = folder / "_state" / "watermarks" / f"payments.{entity.name}.json"
            last = json.loads(watermark.read_bytes())["last_success_cursor"]
            assert (entity.name, last) == (entity.name, reached.of(entity.name).cursor)
    assert_landing_verifies(folder)
    return found


def _assert_accounts(connection: duckdb.DuckDBPyConnection) -> None:
    """No run is running, every row is accounted for, and no load is half in raw."""
    assert _rows(connection, "select * from control.runs where status = 'running'") == []
    for entity in _entities():
        own = f"from control.ledger where source = 'payments' and entity = '{entity.name}'"
        balance = "received - deduplicated - unchanged - quarantined - loaded"
        assert _rows(connection, f"select run_id {own} and {balance} <> 0") == []
        loaded = _rows(connection, f"select coalesce(sum(loaded), 0) {own}")
        stored = _rows(connection, f"select count(*) from raw_payments.{entity.name}")
        assert (entity.name, loaded) == (entity.name, stored)


def _versions(entity: Entity) -> str:
    return f"select {entity.key}, _payload_sha256 from raw_payments.{entity.name}"


def _entities() -> list[Entity]:
    return [SOURCE.entities[name] for name in ("events", *ENTITIES)]


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    known = f"select 1 from duckdb_tables() where table_name = '{table}'"
    return bool(_rows(connection, known))


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return sorted(connection.execute(sql).fetchall(), key=str)
