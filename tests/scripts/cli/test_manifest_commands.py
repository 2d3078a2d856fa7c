from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.control.exports import add_to_manifest
from dlt_pipelines.control.warehouse import exclusive


@pytest.fixture
def runs(data_dir: Path) -> list[str]:
    """Ids of three runs that have left manifests: of today, a hundred and two hundred days ago."""
    moments = [datetime.now(UTC) - timedelta(days=days) for days in (0, 100, 200)]
    ids = [f"{moment:%Y%m%dT%H%M%SZ}-x" for moment in moments]
    for run_id in ids:
        add_to_manifest(data_dir / "_state", run_id=run_id, stage="gate", facts={})
    return ids


def listed(hallmark: Any) -> list[str]:
    return [each["run_id"] for each in json.loads(hallmark("manifests", "list", "--json")[1])]


def archived(hallmark: Any, *options: str) -> Any:
    code, out, _ = hallmark("manifests", "archive", "--json", *options)
    return json.loads(out)["archived"] if code == 0 else json.loads(out)["error"]["code"]


def test_before_the_first_run_there_is_nothing(hallmark: Any, data_dir: Path) -> None:
    code, out, _ = hallmark("manifests", "list")
    assert (code, "No run has left a manifest yet" in out) == (0, True)
    assert archived(hallmark, "--older-than", "90d", "--dry-run") == []
    assert not data_dir.exists()


def test_the_list_says_what_each_run_did(hallmark: Any, runs: list[str]) -> None:
    assert listed(hallmark) == runs
    out = hallmark("manifests", "list")[1]
    assert "newest" in out and "gate" in out


@pytest.mark.parametrize(("age", "count"), [("90d", 2), ("21w", 1), ("3600h", 1), ("201d", 0)])
def test_old_ones_move_away_and_a_dry_run_tells_which(
    age: str, count: int, hallmark: Any, runs: list[str]
) -> None:
    expected = runs[3 - count :]
    assert archived(hallmark, "--older-than", age, "--dry-run") == expected
    assert listed(hallmark) == runs
    assert archived(hallmark, "--older-than", age) == expected
    assert listed(hallmark) == runs[: 3 - count]
    assert archived(hallmark, "--older-than", age) == []


def test_the_newest_stays_however_old(hallmark: Any, data_dir: Path) -> None:
    add_to_manifest(data_dir / "_state", run_id="20200101T000000Z", stage="gate", facts={})
    assert archived(hallmark, "--older-than", "1h") == []


def test_nothing_moves_while_a_run_writes(hallmark: Any, runs: list[str], data_dir: Path) -> None:
    with exclusive(data_dir / "_state"):
        assert archived(hallmark, "--older-than", "90d") == "LOCK001"
    assert listed(hallmark) == runs
