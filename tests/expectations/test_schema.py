"""Tables that are not what their contract promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from contracts.odcs import Source, load_source
from dlt_pipelines.loading.tables import ensure_tables
from expectations.asking import ask
from expectations.manifest import Manifest
from expectations.results import Check
from expectations.schema import schema_questions

NOT_NULL = [{"type": "not_null"}]
ORDERS: dict[str, Any] = {
    "name": "fct_orders",
    "alias": "fct_orders",
    "schema": "gold",
    "resource_type": "model",
    "contract": {"enforced": True},
    "columns": {
        "order_id": {"name": "order_id", "data_type": "string", "constraints": NOT_NULL},
        "amount": {"name": "amount", "data_type": "bigint"},
    },
}
MANIFEST = msgspec.convert({"nodes": {"model.hallmark.fct_orders": ORDERS}}, Manifest)


@pytest.fixture
def payments() -> Source:
    return load_source("payments")


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute("create schema gold")
    return opened


def found(connection: duckdb.DuckDBPyConnection, *sources: Source) -> dict[str, Check]:
    checks = ask(connection, schema_questions(MANIFEST, sources))
    return {f"{check.table} {check.name}": check for check in checks}


@pytest.mark.parametrize(
    ("columns", "observed"),
    [
        ("order_id varchar not null, amount bigint", "2 columns as promised"),
        ("order_id varchar not null", "missing: amount"),
        ("order_id varchar not null, amount bigint, extra date", "extra: extra"),
        ("order_id varchar not null, amount varchar", "retyped: amount (BIGINT → VARCHAR)"),
        ("order_id varchar, amount bigint", "nullable: order_id"),
        (
            "amount double, more date",
            "missing: order_id; retyped: amount (BIGINT → DOUBLE); extra: more",
        ),
    ],
)
def test_a_model_is_held_against_its_columns(
    connection: duckdb.DuckDBPyConnection, columns: str, observed: str
) -> None:
    connection.execute(f"create table gold.fct_orders ({columns})")
    check = found(connection)["gold.fct_orders contract"]
    assert check.observed == observed
    assert check.outcome == ("passed" if "promised" in observed else "failed")
    assert check.severity == "critical"


def test_a_model_that_is_not_there_has_failed(connection: duckdb.DuckDBPyConnection) -> None:
    check = found(connection)["gold.fct_orders contract"]
    assert (check.outcome, check.observed) == ("failed", "the table is not there")


def test_a_table_that_no_model_makes_is_a_warning(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table gold.fct_orders (order_id varchar not null, amount bigint)")
    assert found(connection)["gold no_stranger"].outcome == "passed"
    connection.execute("create table gold.fct_left_over (order_id varchar)")
    check = found(connection)["gold no_stranger"]
    assert (check.outcome, check.severity) == ("failed", "warning")
    assert check.observed == "gold.fct_left_over"


def test_raw_tables_as_the_loader_makes_them_keep_their_contract(
    connection: duckdb.DuckDBPyConnection, payments: Source
) -> None:
    ensure_tables(connection, payments)
    raw = {name: each for name, each in found(connection, payments).items() if "raw_" in name}
    assert len(raw) > len(payments.entities)
    assert {(each.outcome, each.observed[:7]) for each in raw.values()} >= {("passed", "48 colu")}
    assert {each.outcome for each in raw.values()} == {"passed"}
    location = raw["raw_payments.charges contract"].location
    assert location == "contracts/payments/charges.yaml:1"
    assert (Path(__file__).parents[2] / "contracts/payments/charges.yaml").exists()


@pytest.mark.parametrize(
    ("change", "outcome", "severity", "observed"),
    [
        ("drop column amount", "failed", "critical", "missing: amount"),
        (
            "alter column amount type varchar",
            "passed",
            "critical",
            "48 columns as promised",
        ),
        (
            "alter column amount type boolean",
            "failed",
            "critical",
            "retyped: amount (BIGINT → BOOLEAN)",
        ),
        ("add column gone_from_the_contract date", "failed", "warning", "extra: gone_from"),
    ],
)
def test_a_raw_table_may_widen_and_keep_columns(
    connection: duckdb.DuckDBPyConnection,
    payments: Source,
    change: str,
    outcome: str,
    severity: str,
    observed: str,
) -> None:
    ensure_tables(connection, payments)
    connection.execute(f"alter table raw_payments.charges {change}")
    check = found(connection, payments)["raw_payments.charges contract"]
    assert (check.outcome, check.severity) == (outcome, severity)
    assert check.observed.startswith(observed)


def test_a_null_in_a_required_raw_column_is_a_finding(
    connection: duckdb.DuckDBPyConnection, payments: Source
) -> None:
    ensure_tables(connection, payments)
    connection.execute(
        "insert into raw_payments.charges by name select 'ch_1' as id, '1' as _dlt_load_id"
    )
    check = found(connection, payments)["raw_payments.charges contract"]
    assert check.observed == "nullable: amount, amount_refunded, created, currency"
