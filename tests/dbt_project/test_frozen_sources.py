"""dbt refuses to build on a frozen source, in whichever way it is asked, and nothing else stops."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.odcs import load_source
from dlt_pipelines.control import freeze
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.pipelines import SOURCES
from dlt_pipelines.loading.tables import ensure_tables
from tests.dbt_here import dbt_ended

BIN = Path(sys.executable).parent
FROZEN = freeze.Freeze(
    source="payments",
    entity="charges",
    run_id="run_1",
    frozen_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    contract_version="1.0.0",
    reason="amount is contracted as integer, and came as string",
)
MESSAGE = (
    "[FREEZE001] source payments is frozen since 2026-11-20 12:00 UTC because of charges: amount"
    " is contracted as integer, and came as string; next step: "
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose warehouse has every raw table, without rows, and one freeze."""
    made = tmp_path_factory.mktemp("frozen") / "data"
    with connect(made / "warehouse.duckdb") as connection:
        for name in SOURCES:
            ensure_tables(connection, load_source(name))
    return made


@pytest.fixture
def frozen(folder: Path) -> Iterator[Path]:
    with connect(folder / "warehouse.duckdb") as connection:
        freeze.freeze(connection, FROZEN)
    yield folder
    with connect(folder / "warehouse.duckdb") as connection:
        freeze.lift(connection, source="payments", lifted_by="fit", reason="", at=datetime.now(UTC))


def tables(folder: Path, schema: str) -> set[str]:
    with connect(folder / "warehouse.duckdb", read_only=True) as connection:
        query = "select table_name from duckdb_tables() where schema_name = ?"
        return {name for (name,) in connection.execute(query, [schema]).fetchall()}


def test_a_warehouse_that_never_froze_anything_is_built(folder: Path) -> None:
    code, out = dbt_ended(folder, "run", "--select", "stg_zephyr__cycle_phases")
    assert code == 0, out


def test_a_build_stops_at_the_frozen_source_alone(frozen: Path) -> None:
    environment = {**os.environ, "LOCAL_DATA_DIR": str(frozen)}
    command = [str(BIN / "hallmark"), "build"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"build: {MESSAGE}" in done.stderr
    assert tables(frozen, "silver") >= {f"stg_zephyr__{e}" for e in load_source("zephyr").entities}
    assert "fct_test_executions" in tables(frozen, "gold")
    assert not {name for name in tables(frozen, "silver") if name.startswith("stg_payments__")}
    assert "fct_payments" not in tables(frozen, "gold")


@pytest.mark.parametrize(
    ("target", "arguments"),
    [
        ("prod", ("run", "--select", "fct_payments")),
        ("prod", ("retry",)),
        ("dev", ("build", "--select", "stg_payments__events")),
    ],
    ids=["a model of Gold alone", "a retry", "the analyst's target"],
)
def test_no_other_way_of_building_gets_around_it(
    frozen: Path, target: str, arguments: tuple[str, ...]
) -> None:
    code, out = dbt_ended(frozen, *arguments, target=target)
    assert code == 1
    assert MESSAGE in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("test", "--select", "test_type:unit,stg_payments__charges"),
        ("docs generate",),  # compiles
    ],
    ids=["unit tests", "docs"],
)
def test_what_builds_nothing_on_it_works(frozen: Path, arguments: tuple[str, ...]) -> None:
    code, out = dbt_ended(frozen, *arguments)
    assert code == 0, out


def test_a_lifted_freeze_lets_the_source_be_built(frozen: Path) -> None:
    with connect(frozen / "warehouse.duckdb") as connection:
        at = datetime.now(UTC)
        freeze.lift(connection, source="payments", lifted_by="operator", reason="known", at=at)
    code, out = dbt_ended(frozen, "run", "--select", "stg_payments__events")
    assert code == 0, out
