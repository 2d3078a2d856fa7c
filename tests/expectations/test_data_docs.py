"""Great Expectations' own site, beside the report."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from great_expectations import ExpectationSuite

from expectations.data_docs import write_data_docs
from expectations.suites import fct_payments


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema gold; create table gold.fct_payments as select 1 as id")
    return path


def test_the_site_tells_of_each_suite_and_replaces_an_older_one(
    warehouse: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "reports" / "data-docs"
    folder.mkdir(parents=True)
    (folder / "old.html").touch()
    ghost = ExpectationSuite(name="gold.ghost")
    missing = write_data_docs(warehouse, [fct_payments.build_suite(), ghost], folder)
    assert missing == ["gold.ghost"]
    assert "gold.fct_payments" in (folder / "index.html").read_text("utf-8")
    assert not (folder / "old.html").exists()
    assert [each.name for each in folder.parent.iterdir()] == ["data-docs"]


def test_the_warehouse_is_let_go(warehouse: Path, tmp_path: Path) -> None:
    write_data_docs(warehouse, [fct_payments.build_suite()], tmp_path / "data-docs")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table gold.another as select 1 as id")
