"""Faults planted into a good warehouse: each is caught by name, and nothing bad is served."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import duckdb
import msgspec
import pytest

from dlt_pipelines.control.serving import Serving
from expectations.results import Check, RunReport
from tests.demo import copy, demo, reports
from tests.e2e.runbook import run

LEAKED = "someone@shop.example"
FAULTS = {
    "nulls": """
        create or replace table gold.dim_projects as from gold.dim_projects;
        update gold.dim_projects set project_id = null
        where project_id = (select min(project_id) from gold.dim_projects)
    """,
    "duplicates": """
        create or replace table gold.dim_releases as from gold.dim_releases;
        insert into gold.dim_releases from gold.dim_releases limit 1
    """,
    "orphan": """
        update gold.fct_invoices set customer_id = 'cus_gone'
        where invoice_id = (select min(invoice_id) from gold.fct_invoices)
    """,
    "wrong type": "alter table gold.rpt_cycle_progress alter planned_count type varchar",
    "stale": """
        update control.runs set finished_at = finished_at - interval 73 hour
        where source = 'zephyr'
    """,
    "row-count drop": """
        delete from silver.stg_payments__refunds
        where refund_id in (select refund_id from silver.stg_payments__refunds limit 5)
    """,
    "money that does not add up": """
        update gold.fct_payments set net = net - 1
        where charge_id = (select min(charge_id) from gold.fct_payments where is_successful)
    """,
    "PII leak": f"""
        update gold.dim_test_cases set test_case_name = 'ask {LEAKED}'
        where test_case_id = (select min(test_case_id) from gold.dim_test_cases)
    """,
    "schema drift": "alter table gold.fct_payouts drop column method",
    "a check that crashes": """
        alter table gold.rpt_release_readiness drop column requirement_percent
    """,
    "swapped columns": """
        update gold.fct_balance_transactions set status = type, type = status
        where source_type = 'payout'
    """,
    "a payout off by one minor unit": """
        update gold.rpt_payout_reconciliation set amount = amount + 1,
            charges_amount = charges_amount + 1, explained_amount = explained_amount + 1
        where payout_id = (select min(payout_id) from gold.rpt_payout_reconciliation)
    """,
    "hours shifted": "update gold.fct_disputes set created_at = created_at - interval 5 hour",
    "sign flip": "update gold.rpt_daily_revenue set net_amount = -net_amount",
    "a day missing": """
        delete from gold.int_testing__cycle_days
        where progress_date = (select min(progress_date) from gold.int_testing__cycle_days)
    """,
    "truncated strings": "update gold.dim_customers set country = left(country, 1)",
    "a stale publication": """
        delete from activation.pub_test_executions
        where executed_date = (select max(executed_date) from activation.pub_test_executions)
    """,
    "a row published twice": """
        create or replace table activation.pub_payments as from activation.pub_payments;
        insert into activation.pub_payments from activation.pub_payments limit 1
    """,
    "an older version in Silver": """
        update silver.stg_zephyr__executions set extracted_at = extracted_at - interval 1 day
        where execution_id = (select min(execution_id) from silver.stg_zephyr__executions)
    """,
    "an amount edited in Silver": """
        update silver.stg_payments__payment_intents set amount = amount + 1
        where payment_intent_id = (
            select min(payment_intent_id) from silver.stg_payments__payment_intents
        )
    """,
    "a history lost": """
        delete from silver.scd_payments__customers
        where customer_id = (select min(customer_id) from silver.scd_payments__customers)
    """,
}
CAUGHT = [
    ("nulls", "not_null_dim_projects_project_id", "failed"),
    ("duplicates", "unique_dim_releases_release_id", "failed"),
    ("orphan", "relationships_fct_invoices_customer_id", "failed"),
    ("wrong type", "schema:gold.rpt_cycle_progress:contract", "failed"),
    ("stale", "freshness:raw_zephyr:loaded", "failed"),
    ("row-count drop", "expectation:silver.stg_payments__refunds:keys_never_vanish", "failed"),
    ("row-count drop", "volume:raw_payments.refunds:record_count", "failed"),
    ("money that does not add up", "expectation:gold.fct_payments:booking_balances", "failed"),
    ("PII leak", "pii:gold:no_pii", "failed"),
    ("schema drift", "schema:gold.fct_payouts:contract", "failed"),
    (
        "a check that crashes",
        "expectation:gold.rpt_release_readiness:rates_in_range",
        "not_checked",
    ),
    ("swapped columns", "reconciliation:gold.fct_balance_transactions:as_derived", "failed"),
    (
        "a payout off by one minor unit",
        "reconciliation:gold.rpt_payout_reconciliation:as_derived",
        "failed",
    ),
    ("hours shifted", "reconciliation:gold.fct_disputes:as_derived", "failed"),
    ("sign flip", "reconciliation:gold.rpt_daily_revenue:as_derived", "failed"),
    ("a day missing", "reconciliation:gold.int_testing__cycle_days:as_derived", "failed"),
    ("truncated strings", "reconciliation:gold.dim_customers:as_derived", "failed"),
    (
        "a stale publication",
        "reconciliation:activation.pub_test_executions:as_derived",
        "failed",
    ),
    ("a row published twice", "reconciliation:activation.pub_payments:one_to_one", "failed"),
    ("an older version in Silver", "assert_every_zephyr_key_is_staged_or_rejected", "failed"),
    ("an amount edited in Silver", "assert_staged_amounts_equal_raw", "failed"),
    ("a history lost", "assert_every_payments_key_has_one_current_period", "failed"),
]


@dataclass(frozen=True)
class Planted:
    """The gate's report on the warehouse with the faults, and what it left."""

    folder: Path
    good: RunReport
    report: RunReport
    exit_code: int

    def check(self, name: str) -> Check:
        found = [each for each in self.report.verdict.checks if name in each.check_id]
        assert found, f"no check is called {name}"
        return found[0]

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    folder = copy(demo(tmp_path_factory).first, tmp_path_factory.mktemp("planted") / "data")
    (good,) = reports(folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for statements in FAULTS.values():
            connection.execute(statements)
    with patch.dict(os.environ, {"LOCAL_DATA_DIR": str(folder)}):
        exit_code, _ = run("payments-pipeline run-quality")  # it serves what passes
    _, report = reports(folder)
    return Planted(folder, good, report, exit_code)


@pytest.mark.parametrize(("fault", "name", "outcome"), CAUGHT)
def test_each_fault_is_caught_by_name(
    planted: Planted, fault: str, name: str, outcome: str
) -> None:
    check = planted.check(name)
    assert check.outcome == outcome, fault
    assert check.observed or check.detail
    assert check.location


@pytest.mark.parametrize("page", ["report.html", "report.md", "junit.xml"])
def test_the_report_names_each(planted: Planted, page: str) -> None:
    text = (planted.folder / "reports" / planted.report.run_id / page).read_text("utf-8")
    told = text.replace("\\", "")  # Markdown escapes underscores
    assert [name for _, name, _ in CAUGHT if planted.check(name).name not in told] == []


def test_every_fault_is_looked_for() -> None:
    assert {fault for fault, _, _ in CAUGHT} == set(FAULTS)


def test_the_gate_says_so_with_its_exit_code(planted: Planted) -> None:
    assert planted.exit_code == 1
    assert planted.report.verdict.outcome == "failed"
    assert planted.report.status == "failed"


def test_what_is_served_stays_what_the_last_good_run_published(planted: Planted) -> None:
    assert Serving.of(planted.folder).current == planted.good.run_id
    pointers = list((planted.folder / "_state" / "manifests" / "_latest").glob("*.json"))
    assert pointers
    for pointer in pointers:
        assert json.loads(pointer.read_bytes())["run_id"] == planted.good.run_id


def test_the_failures_can_be_repeated_on_the_warehouse(planted: Planted) -> None:
    repeated = [
        check
        for check in planted.report.verdict.checks
        if check.outcome == "failed" and check.sql and check.sample
    ]
    assert len(repeated) >= 8
    for check in repeated:
        assert planted.query(check.sql), check.check_id


def test_no_sample_shows_what_leaked(planted: Planted) -> None:
    text = msgspec.json.encode(planted.report).decode()
    assert LEAKED not in text
    assert planted.check("pii:gold:no_pii").sample


def test_the_history_knows_that_the_run_before_passed(planted: Planted) -> None:
    history = {each.check_id: each for each in planted.report.history}
    leak = history["pii:gold:no_pii"]
    assert (leak.outcome_before, leak.failing_runs, leak.flips) == ("passed", 1, 1)
    assert planted.report.previous is not None
    assert planted.report.previous.run_id == planted.good.run_id
    assert [point.outcome for point in planted.report.trends] == ["passed", "failed"]


def test_the_good_run_had_no_failure(planted: Planted) -> None:
    assert [each.check_id for each in planted.good.verdict.checks if each.decides] == []
