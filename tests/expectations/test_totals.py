"""What all runs together stored, and Gold that keeps every key of Silver once."""

from __future__ import annotations

from typing import Any

import duckdb
import msgspec
import pytest

from contracts.odcs import Entity, Field
from expectations.asking import ask
from expectations.manifest import Manifest
from expectations.results import Check
from expectations.totals import total_questions

ORDERS = Entity(
    source="shop",
    name="orders",
    version="1.0.0",
    description="One row per order.",
    key="id",
    fields=(Field(name="id", type="string"),),
)


def model(schema: str, name: str, columns: str, **meta: str) -> dict[str, Any]:
    keyed = [{"type": "primary_key"}]
    return {
        "name": name,
        "alias": name,
        "schema": schema,
        "resource_type": "model",
        "config": {"meta": meta},
        "columns": {
            each: {"name": each, "constraints": keyed if each == "order_id" else []}
            for each in columns.split()
        },
    }


STAGED = model("silver", "stg_shop__orders", "order_id is_deleted")
FACTS = model("gold", "fct_orders", "order_id", one_to_one="stg_shop__orders")
DIMENSION = model("gold", "fct_orders", "order_id is_deleted", one_to_one="stg_shop__orders")


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute(
        "create schema control; create schema raw_shop; create schema silver; create schema gold;"
        "create table control.ledger (run_id text, source text, entity text, received bigint,"
        " deduplicated bigint, unchanged bigint, quarantined bigint, loaded bigint);"
        "insert into control.ledger values ('run_0', 'shop', 'orders', 3, 0, 0, 1, 2),"
        " ('run_1', 'shop', 'orders', 3, 0, 2, 0, 1);"
        "create table raw_shop.orders as select range, '1' as _dlt_load_id from range(3);"
        "create table raw_shop._dlt_loads as select '1' as load_id, 0 as status;"
        "create table silver.stg_shop__orders (order_id text, is_deleted boolean);"
        "insert into silver.stg_shop__orders values ('a', false), ('b', false), ('c', true);"
        "create table gold.fct_orders (order_id text)"
    )
    return opened


def found(connection: duckdb.DuckDBPyConnection, name: str, gold: dict[str, Any] = FACTS) -> Check:
    nodes = {"a": STAGED, "b": gold}
    manifest = msgspec.convert({"nodes": nodes}, Manifest)
    checks = {check.name: check for check in ask(connection, total_questions(manifest, [ORDERS]))}
    return checks[name]


def test_a_ledger_that_balances_and_raw_that_holds_it_pass(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert found(connection, "balanced_in_total").outcome == "passed"
    assert found(connection, "stored_as_loaded").observed == "3 loaded, 3 stored"


def test_a_run_that_does_not_balance_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update control.ledger set unchanged = 1 where run_id = 'run_1'")
    check = found(connection, "balanced_in_total")
    assert (check.outcome, check.severity) == ("failed", "critical")
    assert "run_1" in check.observed
    assert len(connection.execute(check.sql).fetchall()) == 1


def test_a_raw_row_that_was_deleted_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from raw_shop.orders where range = 1")
    check = found(connection, "stored_as_loaded")
    assert (check.outcome, check.observed) == ("failed", "3 loaded, 2 stored")


def test_rows_of_a_load_that_was_killed_are_not_counted(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("insert into raw_shop.orders values (7, '2')")
    assert found(connection, "stored_as_loaded").observed == "3 loaded, 3 stored"


@pytest.mark.parametrize(
    ("keys", "gold", "outcome"),
    [
        ("('a'), ('b')", FACTS, "passed"),
        ("('a')", FACTS, "failed"),
        ("('a'), ('b'), ('b')", FACTS, "failed"),
        ("('a'), ('b'), ('c')", FACTS, "failed"),
        ("('a'), ('b'), ('c')", DIMENSION, "passed"),
    ],
    ids=["same", "lost", "doubled", "deleted", "a dimension keeps deleted ones"],
)
def test_gold_that_is_declared_one_to_one_has_each_key_once(
    connection: duckdb.DuckDBPyConnection, keys: str, gold: dict[str, Any], outcome: str
) -> None:
    connection.execute(f"insert into gold.fct_orders values {keys}")
    check = found(connection, "one_to_one", gold)
    assert (check.outcome, check.severity) == (outcome, "critical")


def test_a_declaration_of_a_model_that_is_not_there_is_not_green(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    gold = model("gold", "fct_orders", "order_id", one_to_one="stg_shop__gone")
    check = found(connection, "one_to_one", gold)
    assert check.outcome == "not_checked"
    assert check.detail.startswith("[QUAL001] one_to_one of fct_orders names stg_shop__gone")
