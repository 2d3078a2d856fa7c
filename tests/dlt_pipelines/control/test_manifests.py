from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dlt_pipelines.control.exports import Pointer, add_to_manifest, read_pointers, write_pointers
from dlt_pipelines.control.manifests import archive, manifests, to_archive
from dlt_pipelines.control.runs import began_at
from dlt_pipelines.errors import StateError, StorageError

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OLD, SERVED, NEWEST = "20260101T060000Z-a", "20260201T060000Z", "20260301T060000Z-c"


def point_to(state_dir: Path, run_id: str, *models: str) -> None:
    pointers = [
        Pointer(
            model=model,
            run_id=run_id,
            relation=f"gold.{model}",
            row_count=3,
            validated_at=NOW,
            snapshot=f"gold-{run_id}.duckdb",
        )
        for model in models
    ]
    write_pointers(state_dir, pointers)


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """Three runs, the second of which is served."""
    for run_id in (SERVED, NEWEST, OLD):
        add_to_manifest(tmp_path, run_id=run_id, stage="build", facts={})
        add_to_manifest(tmp_path, run_id=run_id, stage="gate", facts={"outcome": "passed"})
    point_to(tmp_path, SERVED, "fct_payments")
    return tmp_path


def test_manifests_come_newest_first_with_what_needs_them(state_dir: Path) -> None:
    (state_dir / "manifests" / "run_notes.json").write_text("nobody's")
    found = manifests(state_dir)
    assert [(each.run_id, each.needed) for each in found] == [
        (NEWEST, "newest"),
        (SERVED, "served"),
        (OLD, ""),
    ]
    assert found[0].stages == ("build", "gate")
    assert found[2].began_at == datetime(2026, 1, 1, 6, tzinfo=UTC)


def test_what_is_needed_is_not_archived_whatever_its_age(state_dir: Path) -> None:
    assert [each.run_id for each in to_archive(manifests(state_dir), before=NOW)] == [OLD]


def test_age_counts_from_the_moment_the_run_began(state_dir: Path) -> None:
    began = began_at(OLD)
    assert to_archive(manifests(state_dir), before=began) == []
    assert to_archive(manifests(state_dir), before=began + timedelta(seconds=1)) != []


def test_an_archived_manifest_is_the_same_elsewhere(state_dir: Path) -> None:
    there = state_dir / "manifests" / f"run_{OLD}.json"
    content = there.read_bytes()
    target = archive(state_dir, manifests(state_dir)[-1])
    assert target == state_dir / "manifests" / "archive" / "2026-01" / there.name
    assert (target.read_bytes(), there.exists()) == (content, False)
    assert [each.run_id for each in manifests(state_dir)] == [NEWEST, SERVED]


def test_a_folder_that_cannot_be_written_to_leaves_the_manifest(state_dir: Path) -> None:
    (state_dir / "manifests" / "archive").write_text("in the way")
    with pytest.raises(StorageError, match="STG001"):
        archive(state_dir, manifests(state_dir)[-1])
    assert len(manifests(state_dir)) == 3


def test_a_damaged_manifest_is_listed_as_such(state_dir: Path) -> None:
    (state_dir / "manifests" / f"run_{OLD}.json").write_text("{")
    assert manifests(state_dir)[-1].stages is None


def test_a_damaged_pointer_keeps_everything_where_it_is(state_dir: Path) -> None:
    (state_dir / "manifests" / "_latest" / "fct_payments.json").write_text("{}")
    with pytest.raises(StateError, match=r"STATE001.*fct_payments\.json"):
        manifests(state_dir)


def test_pointers_are_of_what_is_served_alone(state_dir: Path) -> None:
    point_to(state_dir, NEWEST, "fct_payments", "dim_customers")
    point_to(state_dir, OLD, "dim_customers")
    assert [(each.model, each.run_id) for each in read_pointers(state_dir)] == [
        ("dim_customers", OLD)
    ]
