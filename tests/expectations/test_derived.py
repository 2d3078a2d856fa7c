"""Gold that is not what its model makes of the tables below it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from expectations.asking import ask
from expectations.derived import derivation_questions
from expectations.manifest import Manifest
from expectations.results import Check

MADE = "select order_id, amount from silver.stg_orders"
CHANGED = f"""
with made as ({MADE})
select made.* from made
where hash(made.order_id, made.amount) not in (
    select hash(held.order_id, held.amount) from gold.fct_orders as held
)
"""
FORMS = {"table": MADE, "incremental": CHANGED}


def node(materialized: str, schema: str = "gold") -> dict[str, Any]:
    return {
        "name": "fct_orders",
        "alias": "fct_orders",
        "schema": schema,
        "resource_type": "model",
        "package_name": "shop",
        "original_file_path": "models/fct_orders.sql",
        "config": {"materialized": materialized},
        "columns": {name: {"name": name} for name in ("order_id", "amount")},
    }


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute(
        "create schema silver; create schema gold;"
        "create table silver.stg_orders as"
        " select range as order_id, nullif(range, 1) as amount from range(3);"
        f"create table gold.fct_orders as {MADE}"
    )
    return opened


def found(
    connection: duckdb.DuckDBPyConnection, folder: Path, *nodes: dict[str, Any]
) -> list[Check]:
    path = folder / "shop" / "models" / "fct_orders.sql"
    path.parent.mkdir(parents=True)
    path.write_text(FORMS[nodes[0]["config"]["materialized"]], "utf-8")
    known = {str(at): each for at, each in enumerate(nodes)}
    manifest = msgspec.convert({"nodes": known}, Manifest)
    return list(ask(connection, derivation_questions(manifest, folder)))


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_the_model_makes_pass(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, form: str
) -> None:
    (check,) = found(connection, tmp_path, node(form))
    assert (check.outcome, check.severity) == ("passed", "critical")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "damage",
    [
        "update gold.fct_orders set amount = amount + 1 where order_id = 2",
        "update gold.fct_orders set amount = 1 where order_id = 1",
        "update gold.fct_orders set amount = 2 - amount where order_id != 1",
        "delete from gold.fct_orders where order_id = 2",
        "insert into silver.stg_orders values (3, 3)",
    ],
    ids=["off by one", "no longer null", "swapped", "lost", "stale"],
)
def test_rows_that_differ_are_counted_and_shown(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, form: str, damage: str
) -> None:
    connection.execute(damage)
    (check,) = found(connection, tmp_path, node(form))
    assert check.outcome == "failed"
    shown = connection.execute(check.sql).fetchall()
    assert check.observed == f"{len(shown)} rows differ"
    assert "hallmark build" in check.detail


def test_rows_that_no_model_makes_are_found_where_it_makes_all(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute("insert into gold.fct_orders values (9, 9)")
    (check,) = found(connection, tmp_path, node("table"))
    assert check.outcome == "failed"


def test_a_table_that_dbt_has_not_built_here_is_not_green(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    manifest = msgspec.convert({"nodes": {"a": node("table")}}, Manifest)
    (check,) = ask(connection, derivation_questions(manifest, tmp_path))
    assert (check.outcome, check.severity) == ("not_checked", "critical")


@pytest.mark.parametrize(
    "other", [node("table", schema="silver"), node("ephemeral")], ids=["Silver", "no table"]
)
def test_only_tables_of_gold_and_above_are_asked(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, other: dict[str, Any]
) -> None:
    assert len(found(connection, tmp_path, node("table"), other)) == 1
