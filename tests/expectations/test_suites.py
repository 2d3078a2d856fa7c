"""Every suite against its model's YAML, and every rule against rows that break it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from great_expectations import ExpectationSuite
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation

from expectations.batches import run_suites
from expectations.catalog import read_suites
from expectations.record import prepare
from expectations.results import Check

ROOT = Path(__file__).parents[2]
MODELS = {path.stem: path for path in (ROOT / "dbt_project" / "models").rglob("*.yml")}
CATALOG = read_suites()
SUITES = {suite.name: suite for suite in CATALOG.suites.values()}
ROWS: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("suite_rows.yaml").read_text("utf-8")
)
USUAL = {
    "created_before_read": {"created_at": "2999-01-01 00:00:00"},
    "created_in_this_century": {"created_at": "1970-01-21 09:00:00"},
    "status_is_known": {"status_phase": "unknown"},
}
"""What breaks the rules that suites share, wherever they do not have one of that name."""
LEARNED = {"keys_never_vanish", "growth_is_usual"}


def rule_names(suite: ExpectationSuite) -> list[str]:
    return [_name(expectation) for expectation in suite.expectations]


def _name(expectation: Expectation) -> str:
    return str((expectation.meta or {})["name"])


def breaking(table: str, rule: str) -> list[dict[str, Any]]:
    found = ROWS[table]["breaking"].get(rule) or USUAL[rule]
    return found if isinstance(found, list) else [found]


TABLES_OF = [(table, rule) for table, suite in SUITES.items() for rule in rule_names(suite)]
CASES = [each for each in TABLES_OF if each[1] not in LEARNED]


class Warehouse:
    """A file with the tables that a suite reads, in the columns that their YAML promises."""

    def __init__(self, folder: Path, table: str) -> None:
        self.path = folder / "warehouse.duckdb"
        self.table = table
        with duckdb.connect(str(self.path)) as connection:
            prepare(connection)
            connection.execute("create schema silver; create schema gold")
            self._make(connection, table, [])
            for other, rows in ROWS[table].get("beside", {}).items():
                self._make(connection, other, rows if isinstance(rows, list) else [rows])

    def _make(
        self, connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]
    ) -> None:
        name = table.partition(".")[2]
        models = yaml.safe_load(MODELS[name].read_text("utf-8"))["models"]
        (model,) = (each for each in models if each["name"] == name)
        columns = ", ".join(f"{each['name']} {each['data_type']}" for each in model["columns"])
        connection.execute(f"create table {table} ({columns})")
        for row in rows:
            self._insert(connection, table, row)

    def _insert(
        self, connection: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]
    ) -> None:
        marks = ", ".join("?" for _ in row)
        sql = f"insert into {table} ({', '.join(row)}) values ({marks})"
        connection.execute(sql, list(row.values()))

    def counted(self, *counts: int) -> None:
        """The table had so many rows after each of the runs so far, oldest first."""
        start = datetime(2026, 11, 20, tzinfo=UTC)
        with duckdb.connect(str(self.path)) as connection:
            for at, count in enumerate(counts):
                values = (f"run_{at}", start + timedelta(hours=at))
                connection.execute(
                    "insert into control.gate_runs values (?, ?, 'passed', 1, 0, 0, 0, 0, 0, 1)",
                    values,
                )
                connection.execute(
                    "insert into control.table_counts values (?, ?, ?)",
                    (f"run_{at}", self.table, count),
                )

    def ask(self, *rows: dict[str, Any], rules: Iterable[str] = ()) -> dict[str, Check]:
        """The answers of some rules or all, by name, when the table has these rows."""
        with duckdb.connect(str(self.path)) as connection:
            for row in rows:
                self._insert(connection, self.table, ROWS[self.table]["good"] | row)
        asked = [each for each in SUITES[self.table].expectations if _name(each) in rules]
        suite = (
            ExpectationSuite(name=self.table, expectations=asked) if rules else SUITES[self.table]
        )
        checks = run_suites(self.path, {"suite": suite})
        return {check.name: check for check in checks}


@pytest.mark.parametrize("table", SUITES)
def test_a_good_row_passes_every_rule(tmp_path: Path, table: str) -> None:
    """So every rule's SQL runs on the columns that the model promises."""
    found = Warehouse(tmp_path, table).ask({})
    assert {name: (each.outcome, each.detail) for name, each in found.items()} == {
        name: ("passed", "") for name in rule_names(SUITES[table])
    }


@pytest.mark.parametrize(("table", "rule"), CASES, ids=lambda part: str(part))
def test_a_bad_row_breaks_its_rule(tmp_path: Path, table: str, rule: str) -> None:
    warehouse = Warehouse(tmp_path, table)
    found = warehouse.ask(*breaking(table, rule), rules=[rule])[rule]
    assert found.outcome == "failed"
    with duckdb.connect(str(warehouse.path)) as connection:
        assert connection.execute(found.sql).fetchall(), "its SQL shows no row"


@pytest.mark.parametrize("table", [table for table, rule in TABLES_OF if rule == "growth_is_usual"])
def test_growth_beyond_what_was_learned_is_a_finding(tmp_path: Path, table: str) -> None:
    warehouse = Warehouse(tmp_path, table)
    warehouse.counted(0, 0, 0, 0, 0, 0)
    rules = ["growth_is_usual"]
    assert warehouse.ask(*[{}] * 10, rules=rules)["growth_is_usual"].outcome == "passed"
    assert warehouse.ask({}, rules=rules)["growth_is_usual"].outcome == "failed"


@pytest.mark.parametrize(
    "table", [table for table, rule in TABLES_OF if rule == "keys_never_vanish"]
)
def test_a_table_that_shrank_is_a_finding(tmp_path: Path, table: str) -> None:
    warehouse = Warehouse(tmp_path, table)
    warehouse.counted(1, 2)
    found = warehouse.ask({}, rules=["keys_never_vanish"])
    assert found["keys_never_vanish"].outcome == "failed"


def test_every_rule_has_rows_that_break_it() -> None:
    assert set(ROWS) == set(SUITES)
    for table, rows in ROWS.items():
        assert set(rows["breaking"]) <= set(rule_names(SUITES[table]))


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: str(suite.name))
def test_every_suite_asks_for_one_aggregate_row(suite: ExpectationSuite) -> None:
    """GX fetches every row a query returns: a rule that lists rows would read the table."""
    for expectation in suite.expectations:
        assert isinstance(expectation, UnexpectedRowsExpectation)
        assert str(expectation.unexpected_rows_query).startswith("select count(*)")


def test_every_suite_can_be_read_and_is_named_after_its_table() -> None:
    assert CATALOG.unreadable == []
    for location, suite in CATALOG.suites.items():
        assert Path(location).stem == suite.name.partition(".")[2]


def test_every_table_of_gold_has_a_suite() -> None:
    gold = {path.stem for path in (ROOT / "dbt_project" / "models" / "gold").rglob("*.sql")}
    ephemeral = {
        path.stem
        for path in MODELS.values()
        if "materialized: ephemeral" in path.read_text("utf-8")
    }
    asked = {name.partition(".")[2] for name in SUITES if name.startswith("gold.")}
    assert gold - ephemeral - asked == set()


def test_every_status_and_amount_of_silver_has_a_suite() -> None:
    asked = {name.partition(".")[2] for name in SUITES if name.startswith("silver.")}
    assert {name for name, path in MODELS.items() if _feeds(name, path)} - asked == set()


def _feeds(name: str, path: Path) -> bool:
    """Whether a staging model has what is summed or counted by status further on."""
    text = path.read_text("utf-8")
    told = any(f"name: {column}" in text for column in ("status_phase", "amount", "status"))
    return name.startswith("stg_") and told
