"""Raw is rebuilt from the landing alone, and a load goes on from there."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.odcs import load_source as contract
from dlt_pipelines.loading.pipelines import load
from scripts.mock_api.serve import subprocesses
from scripts.sources import maker
from tests.e2e.conftest import KEY, WORLD, Apis, Hallmark, Load, query
from tests.e2e.kill import kill_once_there

RUNS = tuple(f"20260101T000000Z-00000{number}" for number in range(3))


@pytest.fixture(scope="module")
def still_apis() -> Iterator[Apis]:
    """APIs whose clock is left where it is at the last of `RUNS`."""
    with subprocesses(WORLD, key=KEY) as urls:
        yield Apis(urls)


@pytest.fixture(scope="module")
def folder(still_apis: Apis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `RUNS` have loaded of both sources, two days apart."""
    folder = tmp_path_factory.mktemp("replay") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_DATA_DIR", str(folder))
        patch.setenv("BRONZE_API_RPS", "10000")
        for number, run_id in enumerate(RUNS):
            if number:
                still_apis.advance(2)
            for source in ("payments", "zephyr"):
                make = maker(source, still_apis.connection(source))
                load(source, make, run_id=run_id, command="test", watch=lambda row: None)
    return folder


@pytest.fixture
def loaded(folder: Path, data_dir: Path) -> Path:
    """A copy of it, this test's own."""
    return Path(shutil.copytree(folder, data_dir))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a replay asks no server")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def rows(data_dir: Path, source: str) -> dict[str, list[Any]]:
    """Everything in raw but the ids of the loads."""
    return {
        entity: query(
            data_dir, f"select * exclude (_dlt_load_id) from raw_{source}.{entity} order by all"
        )
        for entity in contract(source).entities
    }


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("source", ["payments", "zephyr"])
def test_all_runs_replayed_into_an_empty_warehouse_make_the_same_rows(
    source: str, loaded: Path, hallmark: Hallmark
) -> None:
    before, state = rows(loaded, source), hallmark("state", "show", source)
    (loaded / "warehouse.duckdb").unlink()
    for run_id in RUNS:
        done = hallmark("replay", source, "--run-id", run_id)
        assert done["runs"] == [run_id]
        command = f"select command, status from control.runs where run_id = '{done['run_id']}'"
        assert query(loaded, command) == [(f"replay {source} --run-id {run_id}", "succeeded")]
    assert rows(loaded, source) == before
    assert hallmark("state", "show", source) == state


def test_a_load_after_a_replay_goes_on_from_where_the_runs_had_come(
    loaded: Path, hallmark: Hallmark, still_apis: Apis, load_source: Load
) -> None:
    (loaded / "warehouse.duckdb").unlink()
    for run_id in RUNS:
        hallmark("replay", "payments", "--run-id", run_id)
    ledger = load_source("payments", still_apis.connection("payments"))
    assert sum(row.loaded for row in ledger.values()) == 0
    stored = sum(len(found) for found in rows(loaded, "payments").values())
    assert sum(row.received for row in ledger.values()) < stored / 4


@pytest.mark.usefixtures("offline")
def test_a_replay_of_what_is_stored_adds_nothing_and_moves_no_cursor(
    loaded: Path, hallmark: Hallmark
) -> None:
    before, state = rows(loaded, "payments"), hallmark("state", "show", "payments")
    for run_id in RUNS:
        ledger = hallmark("replay", "payments", "--run-id", run_id)["ledger"]
        assert sum(row["loaded"] for row in ledger) == 0
    assert rows(loaded, "payments") == before
    assert hallmark("state", "show", "payments") == state


def test_a_run_replayed_without_those_before_it_restores_no_cursor(
    loaded: Path, hallmark: Hallmark, still_apis: Apis, load_source: Load
) -> None:
    before = keys(loaded)
    (loaded / "warehouse.duckdb").unlink()
    hallmark("replay", "payments", "--run-id", RUNS[-1])
    assert {each["cursor"] for each in hallmark("state", "show", "payments").values()} == {None}
    load_source("payments", still_apis.connection("payments"))
    assert keys(loaded) == before


def keys(data_dir: Path) -> dict[str, set[Any]]:
    """The objects in raw; the API lets go of old events."""
    names = [each for each in contract("payments").entities if each != "events"]
    return {
        name: {*query(data_dir, f"select distinct id from raw_payments.{name}")} for name in names
    }


@pytest.mark.usefixtures("offline")
def test_a_day_is_replayed_in_the_order_of_its_runs(loaded: Path, hallmark: Hallmark) -> None:
    before = rows(loaded, "zephyr")
    (day,) = {each.name[3:] for each in loaded.glob("bronze/source=zephyr/entity=*/dt=*")}
    (loaded / "warehouse.duckdb").unlink()
    replayed = hallmark("replay", "zephyr", "--dt", day)
    assert replayed["runs"] == list(RUNS)
    assert rows(loaded, "zephyr") == before
    notes = {row["entity"]: row["note"] for row in replayed["ledger"]}
    assert notes["executions"] == f"replayed: {RUNS[0]} to {RUNS[-1]}, {len(RUNS)} runs"


@pytest.mark.usefixtures("offline")
def test_a_dry_run_says_the_same_and_stores_nothing(loaded: Path, hallmark: Hallmark) -> None:
    (loaded / "warehouse.duckdb").unlink()
    files = stored_files(loaded)
    said = hallmark("replay", "zephyr", "--run-id", RUNS[0], "--dry-run")
    assert stored_files(loaded) == files
    assert said["run_id"] is None
    done = hallmark("replay", "zephyr", "--run-id", RUNS[0])
    names = ("entity", "received", "loaded", "unchanged", "deduplicated", "quarantined")
    told, did = ([[row[name] for name in names] for row in each["ledger"]] for each in (said, done))
    assert told == did


def stored_files(data_dir: Path) -> list[Path]:
    return sorted(each for each in data_dir.rglob("*") if each.name != "warehouse.lock")


@pytest.mark.usefixtures("offline")
def test_embedded_entities_come_with_their_host(loaded: Path, hallmark: Hallmark) -> None:
    (loaded / "warehouse.duckdb").unlink()
    done = hallmark("replay", "zephyr", "--run-id", RUNS[0], "--entity", "cycle_phases")
    assert {row["entity"] for row in done["ledger"]} == {"cycles", "cycle_phases"}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("damage", ["part-00000.json.zst", "_metadata.json", "_checksums.json"])
def test_a_damaged_file_is_stg001_and_nothing_is_loaded(
    damage: str, loaded: Path, hallmark: Hallmark
) -> None:
    before = rows(loaded, "payments")
    (folder,) = loaded.glob(f"bronze/source=payments/entity=charges/dt=*/run_id={RUNS[0]}")
    data = (folder / damage).read_bytes()
    (folder / damage).write_bytes(data[:20] + b"?" + data[21:])
    assert hallmark("replay", "payments", "--run-id", RUNS[0]) == "STG001"
    assert rows(loaded, "payments") == before
    error = "select error from control.runs where status = 'failed'"
    assert f"{folder.name}/{damage}" in query(loaded, error)[0][0]


@pytest.mark.usefixtures("offline")
def test_a_partition_that_was_never_finished_is_skipped_and_named(
    loaded: Path, hallmark: Hallmark
) -> None:
    (folder,) = loaded.glob(f"bronze/source=payments/entity=charges/dt=*/run_id={RUNS[0]}")
    (folder / "_checksums.json").unlink()
    done = hallmark("replay", "payments", "--run-id", RUNS[0])
    assert done["skipped"] == [str(folder.relative_to(loaded / "bronze"))]
    assert "charges" not in {row["entity"] for row in done["ledger"]}


@pytest.mark.parametrize("which", [("--run-id", "run_9"), ("--dt", "2001-01-01")])
def test_what_has_not_landed_is_cfg001(
    which: tuple[str, str], loaded: Path, hallmark: Hallmark
) -> None:
    assert hallmark("replay", "payments", *which) == "CFG001"


PHASES = {
    "extract": "dlt/pipelines/payments/normalize/extracted/*",
    "load": "dlt/pipelines/payments/load/normalized/*/started_jobs/*",
    "loaded": "dlt/pipelines/payments/load/normalized/*/completed_jobs/*",
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_replay_killed_at_any_phase_is_done_once_by_the_next(
    phase: str, loaded: Path, hallmark: Hallmark
) -> None:
    (loaded / "warehouse.duckdb").unlink()
    hallmark("replay", "payments", "--run-id", RUNS[0])
    before = rows(loaded, "payments")
    (loaded / "warehouse.duckdb").unlink()
    shutil.rmtree(loaded / "dlt")
    kill_once_there(loaded, PHASES[phase], "replay", "payments", "--run-id", RUNS[0])
    hallmark("replay", "payments", "--run-id", RUNS[0])
    assert rows(loaded, "payments") == before
