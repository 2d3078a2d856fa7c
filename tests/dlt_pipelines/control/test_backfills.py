from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dlt_pipelines.control import backfills
from dlt_pipelines.control.backfills import BackfillWindow

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
WINDOWS = [BackfillWindow(start=BEGIN + WEEK * n, end=BEGIN + WEEK * (n + 1)) for n in range(3)]
COMMAND = "load payments --from 2026-01-01"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    planned(path, COMMAND)
    return path


def planned(path: Path, command: str) -> None:
    backfills.plan(path, command, source="payments", entities=["charges"], windows=WINDOWS)


def test_without_a_warehouse_nothing_is_unfinished_and_none_is_made(tmp_path: Path) -> None:
    assert backfills.unfinished(tmp_path / "warehouse.duckdb", COMMAND) == []
    assert list(tmp_path.iterdir()) == []


def test_a_planned_backfill_is_unfinished_oldest_window_first(warehouse: Path) -> None:
    assert backfills.unfinished(warehouse, COMMAND) == WINDOWS
    assert backfills.unfinished(warehouse, "load payments --from 2025-01-01") == []


@pytest.mark.parametrize("status", ["running", "failed"])
def test_it_goes_on_with_the_first_window_that_is_not_done(
    warehouse: Path, status: backfills.Status
) -> None:
    backfills.mark(warehouse, COMMAND, WINDOWS[0], run_id="run_1", status="succeeded")
    backfills.mark(warehouse, COMMAND, WINDOWS[1], run_id="run_2", status=status)
    found = backfills.unfinished(warehouse, COMMAND)
    assert [(each.run_id, each.status) for each in found] == [
        ("run_1", "succeeded"),
        ("run_2", status),
        (None, "planned"),
    ]


def test_one_that_is_done_is_over_and_the_next_starts_over(warehouse: Path) -> None:
    for each in WINDOWS:
        backfills.mark(warehouse, COMMAND, each, run_id="run_1", status="succeeded")
    assert backfills.unfinished(warehouse, COMMAND) == []
    planned(warehouse, COMMAND)
    assert backfills.unfinished(warehouse, COMMAND) == WINDOWS
