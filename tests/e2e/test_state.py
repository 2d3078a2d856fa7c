"""The `hallmark state` commands on warehouses that were loaded from the bundled payments API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts.odcs import load_source as contract
from dlt_pipelines import config
from dlt_pipelines.control.warehouse import exclusive
from dlt_pipelines.errors import StateError
from dlt_pipelines.loading import resources
from dlt_pipelines.loading.pii import tokenizer
from dlt_pipelines.loading.pipelines import load
from scripts.mock_api.serve import subprocesses
from scripts.sources import maker
from tests.e2e.conftest import KEY, WORLD, Apis, Hallmark, Load, query
from tests.e2e.truth import payload_hashes

ENTITIES = tuple(contract("payments").entities)
RUNS = tuple(f"20260101T000000Z-00000{number}" for number in range(3))
DAYS = 2


@pytest.fixture(scope="module")
def still_apis() -> Iterator[Apis]:
    """APIs whose clock is left where it is at the last of `RUNS`."""
    with subprocesses(WORLD, key=KEY) as urls:
        yield Apis(urls)


@pytest.fixture(scope="module")
def folder(still_apis: Apis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `RUNS` have loaded, `DAYS` apart."""
    folder = tmp_path_factory.mktemp("state") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_DATA_DIR", str(folder))
        patch.setenv("BRONZE_API_RPS", "10000")
        for number, run_id in enumerate(RUNS):
            if number:
                still_apis.advance(DAYS)
            make = maker("payments", still_apis.connection("payments"))
            load("payments", make, run_id=run_id, command="test", watch=lambda row: None)
    return folder


@pytest.fixture
def loaded(folder: Path, data_dir: Path) -> Path:
    """A copy of it, this test's own."""
    return Path(shutil.copytree(folder, data_dir))


@pytest.fixture
def hallmark(hallmark: Hallmark) -> Hallmark:
    """Runs `hallmark state …`."""
    return partial(hallmark, "state")


def raw_rows(data_dir: Path) -> dict[str, int]:
    counts = ", ".join(f"(select count(*) from raw_payments.{each})" for each in ENTITIES)
    return dict(zip(ENTITIES, query(data_dir, f"select {counts}")[0], strict=True))


def stored_versions(data_dir: Path) -> list[Any]:
    return query(data_dir, "select version_hash from raw_payments._dlt_pipeline_state order by 1")


def test_after_a_rewind_a_load_reads_again_stores_nothing_and_ends_where_it_was(
    loaded: Path, hallmark: Hallmark, still_apis: Apis, load_source: Load
) -> None:
    before, rows = hallmark("show", "payments"), raw_rows(loaded)
    stated = hallmark("rewind", "payments", "--to", RUNS[0], "--yes")["entities"]
    assert hallmark("show", "payments") == hallmark("show", "payments", "--run", RUNS[0]) != before

    ledger = load_source("payments", still_apis.connection("payments"))
    assert {each["entity"] for each in stated} == {*ENTITIES}
    for each in stated:
        row = ledger[each["entity"]]
        assert row.cursor_before == each["after"]["cursor"]
        assert row.received >= each["rows"] > 0
        assert row.requests >= each["requests"] > 0
    assert sum(row.loaded for row in ledger.values()) == 0
    assert raw_rows(loaded) == rows
    assert hallmark("show", "payments") == before


def test_a_rewind_is_recorded_wherever_a_load_is(loaded: Path, hallmark: Hallmark) -> None:
    run_id = hallmark("rewind", "payments", "--to", RUNS[0], "--yes")["run_id"]

    newest, *_ = hallmark("list", "payments")["payments"]
    assert (newest["run_id"], newest["completed"], newest["in_force"]) == (run_id, True, True)
    assert newest["moved"] == sorted(ENTITIES)
    recorded = query(loaded, f"select command, status from control.runs where run_id = '{run_id}'")
    assert recorded == [("state rewind", "succeeded")]
    cursors = {entity: place["cursor"] for entity, place in hallmark("show", "payments").items()}
    history = query(
        loaded,
        f"""
        select entity, cursor_after from control.cursor_history
        where run_id = '{run_id}' and reason = 'rewind' and cursor_before > cursor_after
            and moved_at > now() - interval 1 hour
        """,
    )
    assert dict(history) == cursors
    watermark = json.loads((loaded / "_state/watermarks/payments.charges.json").read_bytes())
    assert watermark["last_success_cursor"] == cursors["charges"]
    assert watermark["last_run_id"] == run_id
    kept: Any = dlt.pipeline("payments").state
    places = kept["sources"]["payments"]["resources"]
    assert {entity: place["cursor"] for entity, place in places.items()} == cursors


def test_without_yes_the_same_is_said_and_nothing_changes(loaded: Path, hallmark: Hallmark) -> None:
    states, files = stored_versions(loaded), sorted(loaded.rglob("*"))
    said = hallmark("rewind", "payments", "--to", RUNS[0])
    assert said["run_id"] is None
    assert (stored_versions(loaded), sorted(loaded.rglob("*"))) == (states, files)
    assert query(loaded, "select count(*) from control.runs") == [(len(RUNS),)]
    assert hallmark("rewind", "payments", "--to", RUNS[0], "--yes")["entities"] == said["entities"]


def test_a_rewind_of_one_entity_leaves_the_others(loaded: Path, hallmark: Hallmark) -> None:
    before = hallmark("show", "payments")
    hallmark("rewind", "payments", "--to", RUNS[0], "--entity", "charges", "--yes")
    after = hallmark("show", "payments")
    assert after.pop("charges") == hallmark("show", "payments", "--run", RUNS[0])["charges"]
    assert after == {entity: before[entity] for entity in after}
    (moved,) = hallmark("diff", "payments", "--from", RUNS[-1])
    assert moved["entity"] == "charges"


def test_forward_is_refused_and_again_is_nothing(loaded: Path, hallmark: Hallmark) -> None:
    hallmark("rewind", "payments", "--to", RUNS[0], "--yes")
    states = stored_versions(loaded)
    for run_id in RUNS[1:]:
        assert hallmark("rewind", "payments", "--to", run_id, "--yes") == "STATE001"
    assert hallmark("rewind", "payments", "--to", RUNS[0], "--yes")["run_id"] is None
    assert stored_versions(loaded) == states


@pytest.mark.parametrize(
    "arguments",
    [
        ("rewind", "payments", "--to", "run_9", "--yes"),
        ("rewind", "zephyr", "--to", RUNS[0], "--yes"),
        ("show", "payments", "--run", "run_9"),
        ("diff", "payments", "--from", "run_9"),
    ],
)
def test_what_is_not_there_is_cfg001(
    arguments: tuple[str, ...], loaded: Path, hallmark: Hallmark
) -> None:
    states = stored_versions(loaded)
    assert hallmark(*arguments) == "CFG001"
    assert stored_versions(loaded) == states


def test_a_rewind_waits_for_no_other_command(loaded: Path, hallmark: Hallmark) -> None:
    with exclusive(config.state_dir()):
        assert hallmark("rewind", "payments", "--to", RUNS[0], "--yes") == "LOCK001"


def test_a_rewind_that_fails_changes_no_cursor(
    loaded: Path, hallmark: Hallmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: dlt.Pipeline, *_: object, **__: object) -> None:
        raise OSError("no space left on device")

    before = hallmark("show", "payments")
    with monkeypatch.context() as patch:
        patch.setattr(dlt.Pipeline, "load", full)
        assert hallmark("rewind", "payments", "--to", RUNS[0], "--yes") == "STG001"
    assert hallmark("show", "payments") == before
    failed = query(loaded, "select command from control.runs where status = 'failed'")
    assert failed == [("state rewind",)]
    assert hallmark("rewind", "payments", "--to", RUNS[0], "--yes")["run_id"]


def test_a_damaged_state_is_state001_until_its_row_is_deleted(
    loaded: Path, hallmark: Hallmark, still_apis: Apis, load_source: Load
) -> None:
    load_id = hallmark("list", "payments")["payments"][0]["load_id"]
    states = "raw_payments._dlt_pipeline_state"
    with duckdb.connect(str(config.warehouse_path())) as connection:
        connection.execute(f"update {states} set state = '?' where _dlt_load_id = '{load_id}'")
    for arguments in (("show", "payments"), ("rewind", "payments", "--to", RUNS[0], "--yes")):
        assert hallmark(*arguments) == "STATE001"
    with pytest.raises(StateError, match="delete its row"):
        load_source("payments", still_apis.connection("payments"))
    with duckdb.connect(str(config.warehouse_path())) as connection:
        connection.execute(f"delete from {states} where _dlt_load_id = '{load_id}'")
    assert hallmark("show", "payments") == hallmark("show", "payments", "--run", RUNS[-2])


def test_a_cursor_history_without_reasons_goes_on_with_them(
    apis: Apis, data_dir: Path, hallmark: Hallmark, load_source: Load
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "CURSOR_HISTORY", pa.schema(list(resources.CURSOR_HISTORY)[:4]))
        first = load_source("payments", apis.connection("payments"), entities=["payouts"])
    apis.advance(2)
    load_source("payments", apis.connection("payments"), entities=["payouts"])
    hallmark("rewind", "payments", "--to", first["payouts"].run_id, "--yes")

    reasons = query(
        data_dir,
        """
        select reason, moved_at is not null from control.cursor_history
        where entity = 'payouts' order by run_id
        """,
    )
    assert reasons == [(None, False), ("load", True), ("rewind", True)]


def test_a_rewind_never_leaves_a_gap(
    folder: Path, loaded: Path, hallmark: Hallmark, still_apis: Apis, load_source: Load
) -> None:
    """What was lost since a run comes back: the rows of later runs are deleted before."""
    truth = payload_hashes(WORLD.advanced(timedelta(days=DAYS * (len(RUNS) - 1))), tokenizer())

    @settings(max_examples=3, deadline=None, database=None, phases=[Phase.generate])
    @given(st.sampled_from(RUNS[:-1]), st.sets(st.sampled_from(ENTITIES)))
    def rewound(to: str, entities: set[str]) -> None:
        shutil.rmtree(loaded)
        shutil.copytree(folder, loaded)
        delete_rows(f"_run_id > '{to}'", entities or {*ENTITIES})
        named = [word for entity in sorted(entities) for word in ("--entity", entity)]
        assert hallmark("rewind", "payments", "--to", to, *named, "--yes")["run_id"]
        load_source("payments", still_apis.connection("payments"))
        for entity, expected in truth.items():
            stored = newest_hashes(loaded, entity)
            assert (entity, expected) == (entity, {key: stored.get(key) for key in expected})

    rewound()


def delete_rows(where: str, entities: set[str]) -> None:
    with duckdb.connect(str(config.warehouse_path())) as connection:
        for entity in entities:
            connection.execute(f"delete from raw_payments.{entity} where {where}")


def newest_hashes(data_dir: Path, entity: str) -> dict[str, str]:
    newest = "arg_max(_payload_sha256, _extracted_at)"
    return dict(query(data_dir, f"select id, {newest} from raw_payments.{entity} group by id"))
