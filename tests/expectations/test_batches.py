"""Suites against a real DuckDB file: rules that hold, break and crash."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import great_expectations as gx
import pytest
import sqlalchemy as sa
from great_expectations.expectations.expectation import Expectation

from dlt_pipelines import config
from expectations import batches
from expectations.batches import run_suites
from expectations.record import prepare
from expectations.results import Check
from expectations.rules import no_row_where, share_at_most


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ware house") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema gold")
        connection.execute(
            "create table gold.fct_payments as select 'ch_' || n as payment_id, 100 as amount, "
            "case when n < 3 then 150 else 0 end as amount_refunded from range(10) as r(n)"
        )
        connection.execute("create table gold.fct_nothing (payment_id varchar, amount bigint)")
    return path


def rule(condition: str, name: str = "rule") -> Expectation:
    return no_row_where(
        condition,
        name=name,
        expected="refunds stay within the amount",
        key="payment_id",
        action="Look at the refunds.",
        severity="critical",
    )


def share(condition: str, limit: float) -> Expectation:
    return share_at_most(
        condition, limit, name="share", expected="few", action="Look.", severity="warning"
    )


def ask(
    warehouse: Path, *expectations: Expectation, table: str = "gold.fct_payments"
) -> list[Check]:
    suite = gx.ExpectationSuite(name=table, expectations=list(expectations))
    return run_suites(warehouse, {"expectations/suites/fct_payments.py": suite})


def test_a_rule_that_holds_passes(warehouse: Path) -> None:
    (check,) = ask(warehouse, rule("amount < 0"))
    assert (check.outcome, check.kind, check.table) == (
        "passed",
        "expectation",
        "gold.fct_payments",
    )
    assert check.check_id == "expectation:gold.fct_payments:rule"


def test_a_rule_that_breaks_says_how_often_and_names_an_example(warehouse: Path) -> None:
    (check,) = ask(warehouse, rule("amount_refunded > amount"))
    assert check.outcome == "failed"
    assert check.observed == "failing rows: 3, example: ch_0"
    assert check.detail == "Look at the refunds."
    assert check.expected == "refunds stay within the amount"


def test_a_failure_can_be_repeated_and_says_where_it_is_declared(warehouse: Path) -> None:
    (check,) = ask(warehouse, rule("amount_refunded > amount", "booking_balances"))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert len(connection.execute(check.sql).fetchall()) == 3
    path, _, line = check.location.partition(":")
    declared = (config.PROJECT_ROOT / path).read_text("utf-8").splitlines()[int(line) - 1]
    assert declared.strip() == 'name="booking_balances",'


def test_a_rule_that_crashes_is_not_checked_and_the_others_still_answer(warehouse: Path) -> None:
    crashed, held = ask(warehouse, rule("no_such_column > 0"), rule("amount < 0", "held"))
    assert crashed.outcome == "not_checked"
    assert crashed.detail.startswith("[QUAL001] the suite names a column that is not there")
    assert "no_such_column" in crashed.detail
    assert held.outcome == "passed"


@pytest.mark.parametrize(("limit", "outcome"), [(0.3, "passed"), (0.29, "failed")])
def test_a_share_may_reach_its_limit_but_not_pass_it(
    warehouse: Path, limit: float, outcome: str
) -> None:
    (check,) = ask(warehouse, share("amount_refunded > 0", limit))
    assert (check.outcome, check.severity) == (outcome, "warning")


def test_an_empty_table_among_full_ones_is_not_checked_and_does_not_decide(warehouse: Path) -> None:
    suites = [
        gx.ExpectationSuite(name=table, expectations=[rule("amount < 0")])
        for table in ("gold.fct_nothing", "gold.fct_payments")
    ]
    empty, full = run_suites(warehouse, {suite.name: suite for suite in suites})
    assert (empty.outcome, empty.severity) == ("not_checked", "warning")
    assert empty.detail.startswith("[QUAL001] the table is empty")
    assert (full.outcome, full.severity) == ("passed", "critical")


def test_a_table_that_has_lost_all_its_rows_decides(warehouse: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(warehouse, tmp_path))
    with duckdb.connect(str(path)) as connection:
        prepare(connection)
        for number, count in enumerate((0, 3)):
            run = [f"run_{number}", datetime(2026, 11, 20 + number, tzinfo=UTC)]
            connection.execute(
                "insert into control.gate_runs values (?, ?, 'passed', 1, 0, 0, 0, 0, 0, 1)", run
            )
            counts = "insert into control.table_counts values (?, 'gold.fct_nothing', ?)"
            connection.execute(counts, [run[0], count])
    suites = [
        gx.ExpectationSuite(name=table, expectations=[rule("amount < 0")])
        for table in ("gold.fct_nothing", "gold.fct_payments")
    ]
    emptied, _ = run_suites(path, {suite.name: suite for suite in suites})
    assert (emptied.outcome, emptied.severity) == ("not_checked", "critical")
    assert emptied.detail.startswith("[QUAL001] the table has lost all its rows")


def test_where_all_tables_are_empty_the_gate_is_not_green(warehouse: Path) -> None:
    (check,) = ask(warehouse, rule("amount < 0"), table="gold.fct_nothing")
    assert (check.outcome, check.severity) == ("not_checked", "critical")


def test_a_missing_table_leaves_its_checks_unasked_and_names_it(warehouse: Path) -> None:
    checks = ask(warehouse, rule("amount < 0"), share("amount < 0", 0.1), table="gold.fct_gone")
    assert [check.outcome for check in checks] == ["not_checked", "not_checked"]
    assert all(check.detail.startswith("[QUAL001] the suite's table is not") for check in checks)
    assert {check.table for check in checks} == {"gold.fct_gone"}


def test_a_missing_warehouse_leaves_every_check_unasked_and_is_not_created(tmp_path: Path) -> None:
    (check,) = ask(tmp_path / "gone.duckdb", rule("amount < 0"))
    assert check.outcome == "not_checked"
    assert check.detail.startswith("[STG001] the warehouse cannot be opened")
    assert "gone.duckdb" in check.detail
    assert not (tmp_path / "gone.duckdb").exists()


def test_a_warehouse_open_for_writing_leaves_every_check_unasked(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)):
        (check,) = ask(warehouse, rule("amount < 0"))
    assert check.outcome == "not_checked"
    assert "different configuration" in check.detail


def test_a_warehouse_held_by_another_process_leaves_every_check_unasked(tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    hold = (
        "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        (check,) = ask(path, rule("amount < 0"))
        holder.communicate()
    assert check.outcome == "not_checked"
    assert check.detail.startswith("[LOCK001] the warehouse is open in another process")
    assert f"process={holder.pid}" in check.detail


def test_the_file_can_be_written_after_the_suites_ran(warehouse: Path) -> None:
    ask(warehouse, rule("amount < 0"), rule("no_such_column > 0", "crashes"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create or replace table gold.fct_written as select 1 as one")


def test_the_file_is_opened_for_reading_only(warehouse: Path) -> None:
    forge = sa.text("create table gold.fct_forged as select 1 as one")
    with (
        batches.datasource(warehouse) as source,
        source.get_engine().connect() as connection,
        pytest.raises(sa.exc.DBAPIError, match="read-only"),
    ):
        connection.execute(forge)


def test_nothing_is_printed(
    warehouse: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        ask(warehouse, rule("amount_refunded > amount"), rule("no_such_column > 0", "crashes"))
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
