"""The control views: what each source's loads recorded, under one name."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

_LEDGER = "select * exclude (_dlt_load_id) from warehouse.raw_{source}._ledger"
_HISTORY = """
select '{source}' as source, * exclude (_dlt_load_id) from warehouse.raw_{source}._cursor_history
"""
_QUARANTINE = """
create or replace view quarantine.{source} as
select * exclude (_dlt_load_id) from warehouse.raw_{source}._quarantine
"""


def create_views(connection: duckdb.DuckDBPyConnection, sources: Sequence[str]) -> None:
    """Makes the views over all sources; their raw schemas exist."""
    connection.execute(
        "create schema if not exists control; create schema if not exists quarantine"
    )
    for name, part in (("ledger", _LEDGER), ("cursor_history", _HISTORY)):
        parts = " union all by name ".join(part.format(source=source) for source in sources)
        connection.execute(f"create or replace view control.{name} as {parts}")
    for source in sources:
        connection.execute(_QUARANTINE.format(source=source))
