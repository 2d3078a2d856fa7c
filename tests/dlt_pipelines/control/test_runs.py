from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.control import runs
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ConfigurationError


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def start(warehouse: Path, run_id: str = "run_1", source: str = "shop", key: str = "key 1") -> None:
    runs.start(warehouse, run_id=run_id, source=source, command="load", pii_key=key)


def recorded(warehouse: Path) -> list[tuple[Any, ...]]:
    with connect(warehouse, read_only=True) as connection:
        return connection.execute(
            """
            select run_id, source, command, status, finished_at >= started_at, error
            from control.runs order by run_id, source
            """
        ).fetchall()


def test_run_ids_are_unique_and_start_with_the_time() -> None:
    ids = [runs.new_run_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", each) for each in ids)
    assert ids[0][:15] <= ids[-1][:15]


def test_a_run_is_running_until_it_is_finished(warehouse: Path) -> None:
    start(warehouse)
    assert recorded(warehouse) == [("run_1", "shop", "load", "running", None, None)]
    runs.finish(warehouse, run_id="run_1", source="shop")
    assert recorded(warehouse) == [("run_1", "shop", "load", "succeeded", True, None)]


def test_a_run_that_failed_says_why(warehouse: Path) -> None:
    start(warehouse)
    runs.finish(warehouse, run_id="run_1", source="shop", error="[EXT001] it's broken")
    assert recorded(warehouse) == [
        ("run_1", "shop", "load", "failed", True, "[EXT001] it's broken")
    ]


def test_finishing_one_source_leaves_the_other_running(warehouse: Path) -> None:
    start(warehouse, source="shop")
    start(warehouse, source="depot")
    runs.finish(warehouse, run_id="run_1", source="shop")
    assert [row[:2] + row[3:4] for row in recorded(warehouse)] == [
        ("run_1", "depot", "running"),
        ("run_1", "shop", "succeeded"),
    ]


def test_a_run_that_was_killed_is_closed_by_the_next(warehouse: Path) -> None:
    start(warehouse)
    start(warehouse, run_id="run_2")
    assert [row[0:1] + row[3:4] + row[5:] for row in recorded(warehouse)] == [
        ("run_1", "failed", "ended without a word: killed?"),
        ("run_2", "running", None),
    ]


def test_a_warehouse_takes_one_pii_key_only(warehouse: Path) -> None:
    start(warehouse)
    with pytest.raises(ConfigurationError, match=r"CFG001.*expected=key 1, found=key 2"):
        start(warehouse, run_id="run_2", key="key 2")
    start(warehouse, run_id="run_3")
    assert [row[0] for row in recorded(warehouse)] == ["run_1", "run_3"]
