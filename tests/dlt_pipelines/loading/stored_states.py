"""A warehouse with the states that loads of the small source have stored."""

from __future__ import annotations

from typing import Any

import duckdb
from dlt.common.versioned_state import compress_state

_TABLES = """
create schema raw_shop;
create schema control;
create table control.runs (run_id varchar, source varchar, status varchar);
create table raw_shop._dlt_loads (load_id varchar, schema_name varchar, status bigint);
create table raw_shop._dlt_pipeline_state (
    pipeline_name varchar, state varchar, created_at timestamptz, _dlt_load_id varchar
);
create table raw_shop._ledger (run_id varchar, _dlt_load_id varchar);
create table raw_shop._cursor_history (run_id varchar, entity varchar, _dlt_load_id varchar);
create table raw_shop.orders (id varchar, created bigint);
"""


class StoredStates:
    """Stores what a load stores of the state of `orders`; loads are numbered by their id."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(_TABLES)

    def add(
        self,
        run_id: str,
        load: int,
        *,
        orders: dict[str, Any] | None = None,
        text: str | None = None,
        completed: bool = True,
    ) -> None:
        """A load by `run_id`; without `orders` or a `text` of its own it changed no state."""
        load_id = f"{load}.5"
        status = "succeeded" if completed else "failed"
        self._insert("control.runs", run_id, "shop", status)
        self._insert("raw_shop._ledger", run_id, load_id)
        if orders is not None:
            document: Any = {
                "_state_version": load,
                "_state_engine_version": 4,
                "sources": {"shop": {"resources": {"orders": orders}}},
            }
            text = compress_state(document)
            self._insert("raw_shop._cursor_history", run_id, "orders", load_id)
        if text is not None:
            moment = f"2026-11-20 00:00:{load:02}+00"
            self._insert("raw_shop._dlt_pipeline_state", "shop", text, moment, load_id)
        if completed:
            self._insert("raw_shop._dlt_loads", load_id, "shop", 0)

    def add_order(self, order_id: str, created: int | None) -> None:
        self._insert("raw_shop.orders", order_id, created)

    def _insert(self, table: str, *values: object) -> None:
        marks = ", ".join("?" * len(values))
        self.connection.execute(f"insert into {table} values ({marks})", values)
