"""A run whose load is stored, and that failed or was killed after it, is finished, not loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_pipelines.control import runs
from dlt_pipelines.errors import StorageError
from dlt_pipelines.loading import pipelines
from scripts.sources import maker
from tests.e2e.conftest import KEY, Hallmark, query
from tests.e2e.faulty import Faulty

ENTITIES = ("customers", "events", "refunds")
COMMAND = ("load", "payments", "--entity", "customers", "--entity", "refunds")
LEDGER = """
select
    entity,
    count(*),
    bool_and(received = deduplicated + unchanged + quarantined + loaded),
    sum(loaded)
from control.ledger
group by entity
order by entity
"""
RUNS = "select status, error from control.runs"


@pytest.fixture
def payments(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> Faulty:
    monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", faulty.urls["payments"])
    monkeypatch.setenv("SOURCES__PAYMENTS__API_KEY", KEY)
    faulty.forget("payments")
    return faulty


def assert_loaded_once(payments: Faulty, data_dir: Path, run_id: str) -> None:
    truth = payments.truth("payments")
    each = [(entity, 1, True, truth[entity]["count"]) for entity in ENTITIES]
    assert query(data_dir, LEDGER) == each
    for entity in ENTITIES:
        stored = query(data_dir, f"select count(*) from raw_payments.{entity}")
        assert stored == [(truth[entity]["count"],)]
        watermark = _read(data_dir / f"_state/watermarks/payments.{entity}.json")
        assert watermark["last_run_id"] == run_id
    assert query(data_dir, RUNS) == [("succeeded", None)]
    manifest = _read(data_dir / f"_state/manifests/run_{run_id}.json")
    ledger = manifest["stages"]["load.payments"]["ledger"]
    assert {row["entity"]: row["loaded"] for row in ledger} == {
        entity: truth[entity]["count"] for entity in ENTITIES
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("folder", ["watermarks", "manifests"])
def test_a_run_whose_exports_failed_writes_them_and_loads_nothing_again(
    folder: str, payments: Faulty, data_dir: Path, hallmark: Hallmark
) -> None:
    blocked = data_dir / "_state" / folder
    blocked.parent.mkdir(parents=True)
    blocked.touch()  # a file in the folder's place: nobody can write below it
    assert hallmark(*COMMAND) == "STG001"
    ((status, error),) = query(data_dir, RUNS)
    assert (status, str(blocked) in error) == ("failed", True)

    blocked.unlink()
    payments.forget("payments")
    again = hallmark(*COMMAND)
    assert payments.answered("payments").total() == 0
    assert sorted(row["entity"] for row in again["ledger"]) == list(ENTITIES)
    assert_loaded_once(payments, data_dir, again["run_id"])


def test_a_run_that_was_killed_when_its_load_was_stored_is_only_finished(
    payments: Faulty, data_dir: Path, hallmark: Hallmark
) -> None:
    run_id = hallmark(*COMMAND)["run_id"]
    for file in (data_dir / "_state").glob("*/*.json"):
        file.unlink()
    with duckdb.connect(str(data_dir / "warehouse.duckdb")) as connection:
        connection.execute("drop view control.ledger")
        connection.execute("update control.runs set status = 'running', finished_at = null")

    assert hallmark(*COMMAND)["run_id"] == run_id
    assert_loaded_once(payments, data_dir, run_id)


def test_a_stored_run_that_is_begun_anew_under_its_id_keeps_what_has_landed(
    payments: Faulty, data_dir: Path
) -> None:
    """As it would be by a scheduler's run id, when the first attempt ended with any other error."""
    run_id = runs.new_run_id()

    def load() -> None:
        connection = payments.connection("payments")
        pipelines.load(
            "payments",
            maker("payments", connection, entities=ENTITIES),
            run_id=run_id,
            command="test",
            watch=lambda row: None,
        )

    load()
    landed = sorted((data_dir / "bronze").rglob("part-*"))
    runs.finish(data_dir / "warehouse.duckdb", run_id=run_id, source="payments", error="KeyError")
    load()
    assert sorted((data_dir / "bronze").rglob("part-*")) == landed
    assert_loaded_once(payments, data_dir, run_id)


def test_drift_that_cannot_be_recorded_stores_nothing(
    payments: Faulty, data_dir: Path, hallmark: Hallmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else rows that break their contract would be built on, and the resumed run not see them."""

    def full(*_: object, **__: object) -> None:
        raise StorageError("the warehouse cannot be read or written")

    with monkeypatch.context() as patch:
        patch.setattr(pipelines, "record_drift", full)
        assert hallmark(*COMMAND) == "STG001"
    assert query(data_dir, "select count(*) from raw_payments.customers") == [(0,)]
    assert_loaded_once(payments, data_dir, hallmark(*COMMAND)["run_id"])
