from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.odcs import load_source
from dlt_pipelines.errors import QualityError
from dlt_pipelines.loading.deletions import create_view, notice_gone, notice_missing
from dlt_pipelines.loading.extract import EntityLoad, LoadRun
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.tables import ensure_tables
from dlt_pipelines.loading.unchanged import Unchanged

PAYMENTS = load_source("payments")
CUSTOMERS = PAYMENTS.entities["customers"]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = st.sets(st.sampled_from([f"cus_{number}" for number in range(12)]))


def store(warehouse: Path, rows: dict[str, datetime], deleted: dict[str, datetime]) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        ensure_tables(connection, PAYMENTS)
        connection.execute(
            "insert into raw_payments._dlt_loads (load_id, status, inserted_at)"
            " values ('load', 0, now())"
        )
        for key, at in rows.items():
            connection.execute(
                "insert into raw_payments.customers"
                " by name select ? as id, ? as _extracted_at, 'a' as _payload_sha256,"
                " 'load' as _dlt_load_id",
                [key, at],
            )
        for key, at in deleted.items():
            connection.execute(
                "insert into raw_payments._deletions by name select 'customers' as entity,"
                " ? as key, ? as noticed_at, 'run_0' as run_id, 'load' as _dlt_load_id",
                [key, at],
            )


def running(warehouse: Path) -> LoadRun:
    run = LoadRun(
        source=PAYMENTS,
        run_id="run_1",
        landing=cast(Landing, None),
        tokenizer=Tokenizer(b"any key"),
        unchanged=Unchanged(warehouse),
        started_at=NOW,
    )
    run.loads["customers"] = EntityLoad(run, CUSTOMERS, keep_keys=False)
    return run


def come(run: LoadRun, keys: set[str]) -> list[str]:
    """A batch of rows as they are stored; the keys of those that are kept."""
    columns: dict[str, Any] = {
        "id": pa.array(sorted(keys), pa.string()),
        "_payload_sha256": pa.array(["a"] * len(keys), pa.string()),
        "_extracted_at": pa.array([NOW] * len(keys), pa.timestamp("us", tz="UTC")),
    }
    split = run.unchanged.split(pa.table(columns), dataset=run.dataset, table="customers", key="id")
    return list(split.table.column("id").to_pylist())


def noticed(run: LoadRun) -> set[str]:
    run.unchanged.close()
    return {row["key"] for table in run.deletions for row in table.to_pylist()}


@settings(deadline=None, max_examples=25)
@given(stored=KEYS, deleted=KEYS, seen=KEYS, rejected=KEYS)
def test_missing_is_what_is_stored_and_neither_deleted_nor_came(
    stored: set[str], deleted: set[str], seen: set[str], rejected: set[str]
) -> None:
    with TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse.duckdb"
        store(warehouse, dict.fromkeys(stored, NOW - 2 * DAY), dict.fromkeys(deleted, NOW - DAY))
        run = running(warehouse)
        kept = come(run, seen) if seen else []
        run.loads["customers"].rejected |= rejected
        expected = stored - deleted - seen - rejected
        try:
            notice_missing(run, CUSTOMERS)
        except QualityError:
            assert 2 * len(expected) > len(stored - deleted)
            expected = set()
        assert noticed(run) == expected
        assert set(kept) == seen - (stored - deleted)


def test_what_came_after_it_was_deleted_is_there(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    back, gone = "cus_1", "cus_2"
    store(
        warehouse,
        {back: NOW - DAY, gone: NOW - 3 * DAY},
        dict.fromkeys((back, gone), NOW - 2 * DAY),
    )
    run = running(warehouse)
    assert come(run, {back, gone}) == [gone]
    run.unchanged.close()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema control")
        create_view(connection, [PAYMENTS])
        found = connection.execute("select source, key, run_id from control.deletions").fetchall()
    assert found == [("payments", gone, "run_0")]


def test_rows_newer_than_the_sweep_are_not_missing(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, {"cus_1": NOW + DAY, "cus_2": NOW - DAY, "cus_3": NOW - DAY}, {})
    run = running(warehouse)
    come(run, {"cus_3"})
    notice_missing(run, CUSTOMERS)
    assert noticed(run) == {"cus_2"}
    assert run.loads["customers"].ledger.note == "1 deletions noticed"


def test_what_is_gone_counts_only_when_it_is_stored(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, {"cus_1": NOW - DAY, "cus_2": NOW - DAY}, {"cus_2": NOW})
    run = running(warehouse)
    notice_gone(run, CUSTOMERS, ["cus_1", "cus_2", "cus_9"])
    assert noticed(run) == {"cus_1"}


def test_an_entity_that_the_server_lacks_says_nothing(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, {"cus_1": NOW - DAY}, {})
    run = running(warehouse)
    run.loads["customers"].ledger.outcome = "absent"
    notice_missing(run, CUSTOMERS)
    assert noticed(run) == set()
    assert run.loads["customers"].ledger.note == "deletions not looked for: customers is absent"
