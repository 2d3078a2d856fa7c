from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.control.exports import add_to_manifest, write_watermark
from dlt_pipelines.errors import StateError, StorageError
from dlt_pipelines.loading.ledger import LedgerRow


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("cursor", [None, 0, 1763654400])
def test_a_watermark_tells_cursor_run_and_time(tmp_path: Path, cursor: int | None) -> None:
    write_watermark(tmp_path, source="shop", entity="orders", cursor=cursor, run_id="run_1")
    watermark = read(tmp_path / "watermarks" / "shop.orders.json")
    assert watermark.keys() == {"last_success_cursor", "last_run_id", "updated_at"}
    assert watermark["last_success_cursor"] == cursor
    assert watermark["last_run_id"] == "run_1"
    age = datetime.now(UTC) - datetime.fromisoformat(watermark["updated_at"])
    assert timedelta() <= age < timedelta(minutes=1)


def test_each_stage_adds_its_section_and_replaces_only_its_own(tmp_path: Path) -> None:
    ledger = LedgerRow(source="shop", entity="orders", run_id="run_1", received=3, loaded=3)
    add_to_manifest(tmp_path, run_id="run_1", stage="load.shop", facts={"ledger": [ledger]})
    add_to_manifest(tmp_path, run_id="run_1", stage="gate", facts={"outcome": "failed"})
    add_to_manifest(tmp_path, run_id="run_2", stage="gate", facts={"outcome": "not_checked"})
    add_to_manifest(tmp_path, run_id="run_1", stage="gate", facts={"outcome": "passed"})
    manifest = read(tmp_path / "manifests" / "run_run_1.json")
    assert manifest["run_id"] == "run_1"
    assert manifest["stages"].keys() == {"load.shop", "gate"}
    assert manifest["stages"]["load.shop"]["ledger"][0]["received"] == 3
    assert manifest["stages"]["gate"] == {"outcome": "passed"}


@pytest.mark.parametrize("damaged", [b"", b'{"run_id":', b"[]", b'{"stages":[]}', b"null", b"\xff"])
def test_a_damaged_manifest_is_a_state_error_and_stays(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "manifests" / "run_run_1.json"
    path.parent.mkdir()
    path.write_bytes(damaged)
    with pytest.raises(StateError, match=r"STATE001.*run_run_1\.json"):
        add_to_manifest(tmp_path, run_id="run_1", stage="gate", facts={})
    assert path.read_bytes() == damaged


def test_a_manifest_that_cannot_be_read_is_a_storage_error(tmp_path: Path) -> None:
    """Not a damaged one: nobody should be told to move it away, and the run may go on later."""
    path = tmp_path / "manifests" / "run_run_1.json"
    path.mkdir(parents=True)
    with pytest.raises(StorageError, match=r"STG001.*run_run_1\.json"):
        add_to_manifest(tmp_path, run_id="run_1", stage="gate", facts={})
