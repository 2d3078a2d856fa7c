"""Every suite against its model's YAML, and every rule against a row that breaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from great_expectations import ExpectationSuite
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)

from expectations.batches import run_suites
from expectations.results import Check
from expectations.suites import BUILDERS, build_suites

ROOT = Path(__file__).parents[2]
SUITES = {suite.name: suite for suite in build_suites()}
GOOD_ROWS: dict[str, dict[str, object]] = {
    "silver.stg_payments__charges": {
        "charge_id": "ch_1",
        "amount": 1000,
        "amount_captured": 1000,
        "amount_refunded": 1000,
        "currency": "eur",
        "status": "succeeded",
        "created_at": "2026-11-20 10:00:00",
        "extracted_at": "2026-11-20 10:00:00",
    },
    "gold.fct_payments": {
        "charge_id": "ch_1",
        "amount": 1000,
        "amount_captured": 1000,
        "fee": 50,
        "net": 950,
        "currency": "eur",
        "settlement_currency": "eur",
        "status": "succeeded",
        "is_successful": True,
        "is_disputed": False,
    },
    "gold.rpt_daily_revenue": {
        "revenue_date": "2026-11-20",
        "currency": "jpy",
        "successful_payment_count": 1,
        "gross_amount": 1000,
        "refund_count": 1,
        "refunded_amount": 100,
        "dispute_count": 1,
        "disputes_lost_amount": 10,
        "fee_amount": 50,
        "net_amount": -850,
        "gross_major": 1000,
        "net_major": -850,
    },
    "silver.stg_zephyr__executions": {
        "execution_id": "1",
        "status": "passed",
        "is_executed": True,
        "tester_name_token": "tok_0123456789abcdef0123456789abcdef",
        "executed_by_token": "tok_0123456789abcdef0123456789abcdef",
        "executed_at": "2026-11-20 10:00:00",
        "extracted_at": "2026-11-20 10:00:00",
    },
    "gold.fct_test_executions": {
        "execution_id": "1",
        "project_id": "1",
        "test_case_id": "1",
        "status": "passed",
        "is_executed": True,
        "executed_at": "2026-11-20 10:00:00",
        "actual_time": 0,
    },
}
BREAKING: dict[str, dict[str, dict[str, object]]] = {
    "silver.stg_payments__charges": {
        "refunded_within_amount": {"amount_refunded": 1001},
        "captured_within_amount": {"amount_captured": 1001},
        "currency_code": {"currency": "EUR"},
        "created_before_read": {"created_at": "2026-11-20 11:00:01"},
        "created_in_this_century": {"created_at": "1970-01-21 09:00:00"},
        "failure_explained": {"status": "failed"},
    },
    "gold.fct_payments": {
        "booking_balances": {"net": 949},
        "fee_within_amount": {"fee": 1001, "net": -1},
        "fee_share": {"fee": 201, "net": 799},
        "failed_share": {"status": "failed"},
        "disputed_share": {"is_disputed": True},
    },
    "gold.rpt_daily_revenue": {
        "not_in_future": {"revenue_date": "2999-01-01"},
        "fees_within_gross": {"fee_amount": 1001},
    },
    "silver.stg_zephyr__executions": {
        "unknown_status_share": {"status": "unknown"},
        "tester_name_is_token": {"tester_name_token": "a plain name"},
        "executed_by_is_token": {"executed_by_token": "a plain name"},
        "executed_before_read": {"executed_at": "2026-11-20 11:00:01"},
        "times_in_this_century": {"assigned_at": "1970-01-21 09:00:00"},
        "executed_has_time": {"executed_at": None},
    },
    "gold.fct_test_executions": {
        "open_is_not_executed": {"status": "not_executed"},
        "result_is_executed": {"is_executed": False},
        "time_not_negative": {"actual_time": -1},
        "placed_in_project": {"project_id": None},
        "has_test_case": {"test_case_id": None},
        "open_has_no_time": {"is_executed": False, "status": "blocked"},
        "blocked_share": {"status": "blocked"},
    },
}
CASES = [(table, rule) for table, rules in BREAKING.items() for rule in rules]


def columns_of(table: str) -> list[dict[str, Any]]:
    """Columns as the YAML beside the model promises them."""
    name = table.partition(".")[2]
    (path,) = (ROOT / "dbt_project" / "models").rglob(f"{name}.yml")
    models = yaml.safe_load(path.read_text("utf-8"))["models"]
    return next(list(model["columns"]) for model in models if model["name"] == name)


def rule_names(suite: ExpectationSuite) -> list[str]:
    return [(expectation.meta or {})["name"] for expectation in suite.expectations]


def ask(folder: Path, table: str, *rows: dict[str, object]) -> list[Check]:
    """The suite's answers about a table that has the model's columns and `rows`."""
    columns = ", ".join(f"{column['name']} {column['data_type']}" for column in columns_of(table))
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(f"create schema {table.partition('.')[0]}")
        connection.execute(f"create table {table} ({columns})")
        for row in rows:
            marks = ", ".join("?" for _ in row)
            names = ", ".join(row)
            connection.execute(
                f"insert into {table} ({names}) values ({marks})", list(row.values())
            )
    return run_suites(folder / "warehouse.duckdb", [SUITES[table]])


@pytest.mark.parametrize("table", SUITES)
def test_every_suite_names_existing_columns(tmp_path: Path, table: str) -> None:
    """Its SQL runs on the model's columns, and an empty table breaks no rule."""
    assert [(check.name, check.outcome, check.detail) for check in ask(tmp_path, table)] == [
        (name, "passed", "") for name in rule_names(SUITES[table])
    ]


@pytest.mark.parametrize("table", SUITES)
def test_a_good_row_passes_every_rule(tmp_path: Path, table: str) -> None:
    checks = ask(tmp_path, table, GOOD_ROWS[table])
    assert [check.name for check in checks if check.outcome != "passed"] == []


@pytest.mark.parametrize(("table", "rule"), CASES, ids=lambda part: str(part))
def test_a_bad_row_breaks_its_rule(tmp_path: Path, table: str, rule: str) -> None:
    checks = ask(tmp_path, table, GOOD_ROWS[table] | BREAKING[table][rule])
    assert {check.name: check.outcome for check in checks}[rule] == "failed"


def test_every_rule_has_a_row_that_breaks_it() -> None:
    rules = {(suite.name, rule) for suite in SUITES.values() for rule in rule_names(suite)}
    assert rules == set(CASES)


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: str(suite.name))
def test_every_suite_asks_for_one_aggregate_row(suite: ExpectationSuite) -> None:
    """GX fetches every row a query returns: a rule that lists rows would read the table."""
    for expectation in suite.expectations:
        assert isinstance(expectation, UnexpectedRowsExpectation)
        assert str(expectation.unexpected_rows_query).startswith("select count(*)")


def test_the_registry_holds_every_module_of_the_folder() -> None:
    folder = ROOT / "expectations" / "suites"
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {builder.__module__.rpartition(".")[2] for builder in BUILDERS} == modules
    assert {name.partition(".")[2] for name in SUITES} == modules
