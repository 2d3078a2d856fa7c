from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.results import Check
from scripts import completeness
from scripts.completeness import RELATIONS, completeness_checks

PAYMENTS = """
create schema gold;
create table gold.fct_payments as from (values
    ('ch_1', 'eur', 100, 'succeeded'),
    ('ch_2', 'eur', 250, 'failed'),
    ('ch_3', 'jpy', 900, null)
) as rows (charge_id, currency, amount, status_code);
"""
TRUTH: dict[str, Any] = {"count": 3, "sums": {"amount": {"eur": 350, "jpy": 900}}}


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    relations = {"payments": {"charges": "gold.fct_payments"}}
    monkeypatch.setattr(completeness, "RELATIONS", relations)
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(PAYMENTS)
    return path


def checks(warehouse: Path, truth: dict[str, Any]) -> dict[str, Check]:
    found = completeness_checks(warehouse, {"payments": {"charges": truth}})
    return {check.name.removeprefix("charges: "): check for check in found}


def test_what_agrees_passes_per_row_count_and_currency(warehouse: Path) -> None:
    found = checks(warehouse, TRUTH)
    assert {name: check.outcome for name, check in found.items()} == {
        "rows": "passed",
        "sum of amount, eur": "passed",
        "sum of amount, jpy": "passed",
    }
    rows = found["rows"]
    assert (rows.check_id, rows.table) == (
        "completeness.payments.charges: rows",
        "gold.fct_payments",
    )
    assert (rows.severity, rows.kind, rows.expected, rows.observed) == (
        "critical",
        "completeness",
        "3",
        "3",
    )


@pytest.mark.parametrize("relation", ["silver.stg_payments__charges", "gold.dim_charges"])
def test_what_is_kept_although_it_was_deleted_does_not_count(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, relation: str
) -> None:
    monkeypatch.setitem(completeness.RELATIONS["payments"], "charges", relation)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema silver")
        connection.execute(
            f"create table {relation} as select *, charge_id = 'ch_2' as is_deleted"
            " from gold.fct_payments"
        )
    truth = {"count": 2, "sums": {"amount": {"eur": 100, "jpy": 900}}}
    found = checks(warehouse, truth)
    assert {check.outcome for check in found.values()} == {"passed"}


@pytest.mark.parametrize(
    ("truth", "name", "expected", "observed"),
    [
        (TRUTH | {"count": 4}, "rows", "4", "3"),
        (TRUTH | {"count": 2}, "rows", "2", "3"),
        (TRUTH | {"sums": {"amount": {"eur": 351}}}, "sum of amount, eur", "351", "350"),
        (TRUTH | {"sums": {"amount": {"kwd": 5000}}}, "sum of amount, kwd", "5,000", "0"),
        (TRUTH | {"statuses": {"failed": 2}}, "rows of status failed", "2", "1"),
    ],
)
def test_what_does_not_agree_fails_with_both_figures(
    warehouse: Path, truth: dict[str, Any], name: str, expected: str, observed: str
) -> None:
    check = checks(warehouse, truth)[name]
    assert (check.outcome, check.expected, check.observed) == ("failed", expected, observed)
    assert check.detail


@pytest.mark.parametrize(
    "broken",
    ["drop table gold.fct_payments", "alter table gold.fct_payments rename amount to cents"],
)
def test_what_cannot_be_asked_is_not_checked(warehouse: Path, broken: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(broken)
    check = checks(warehouse, TRUTH)["sum of amount, eur"]
    assert (check.outcome, check.observed) == ("not_checked", "")
    assert "Error" in check.detail
    assert "\n" not in check.detail


def test_both_codes_of_not_executed_count_together(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update gold.fct_payments set status_code = '0'")
    found = checks(warehouse, TRUTH | {"statuses": {"": 1, "0": 2}})
    assert found["rows of status 0"].outcome == "passed"
    assert "rows of status " not in found


def test_only_sources_with_a_truth_are_compared(warehouse: Path) -> None:
    assert completeness_checks(warehouse, {}) == []
    assert completeness_checks(warehouse, {"zephyr": {}}) == []


def test_every_relation_names_a_model() -> None:
    models = Path(__file__).parents[2] / "dbt_project" / "models"
    names = {path.stem for path in models.rglob("*.sql")}
    relations = [text for each in RELATIONS.values() for text in each.values()]
    assert {text.split(" ")[0].split(".")[1] for text in relations} <= names
