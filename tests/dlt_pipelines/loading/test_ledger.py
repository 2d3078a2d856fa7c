from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines.errors import QualityError
from dlt_pipelines.loading.ledger import LedgerRow, received_before

START = datetime(2026, 11, 20, tzinfo=UTC)


def ledger(**counts: int) -> LedgerRow:
    row = LedgerRow(source="shop", entity="orders", run_id="run_1")
    for name, count in counts.items():
        setattr(row, name, count)
    return row


def test_a_ledger_balances_when_every_row_is_accounted_for() -> None:
    ledger().check()
    ledger(received=10, deduplicated=1, unchanged=2, quarantined=3, loaded=4).check()


@pytest.mark.parametrize("name", ["deduplicated", "unchanged", "quarantined", "loaded"])
@pytest.mark.parametrize("off", [-1, 1])
def test_a_row_too_few_or_too_many_is_a_quality_error(name: str, off: int) -> None:
    counts = {"received": 4, "deduplicated": 1, "unchanged": 1, "quarantined": 1, "loaded": 1}
    with pytest.raises(QualityError, match=r"QUAL001.*entity=orders, received=4, accounted=[35]"):
        ledger(**counts | {name: 1 + off}).check()


def test_only_loads_that_succeeded_are_compared_with(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    runs = [
        ("run_1", "load shop", "succeeded", 1),
        ("run_2", "run --demo shop", "succeeded", 2),
        ("run_3", "load shop", "failed", 3),
        ("run_4", "replay shop --run-id run_1", "succeeded", 4),
        ("run_5", "quarantine replay", "succeeded", 5),
        ("run_6", "load shop", "running", 6),
    ]
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema control")
        connection.execute(
            "create table control.runs"
            " (run_id text, command text, status text, source text, started_at timestamptz)"
        )
        connection.execute(
            "create table control.ledger (run_id text, source text, entity text, received bigint)"
        )
        for run_id, command, status, number in runs:
            values = [run_id, command, status, "shop", START.replace(hour=number)]
            connection.execute("insert into control.runs values (?, ?, ?, ?, ?)", values)
            ledger = [run_id, "shop", "orders", number]
            connection.execute("insert into control.ledger values (?, ?, ?, ?)", ledger)
    assert received_before(warehouse, run_id="run_6") == {("shop", "orders"): [2, 1]}
