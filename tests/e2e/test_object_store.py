"""A landing that is no local folder: an object store, as fsspec has one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from dlt_pipelines.loading.landing import Landing
from scripts.sources import SECRETS
from tests.e2e.conftest import KEY, Hallmark, query
from tests.e2e.faulty import ENTITIES, SOURCES, Faulty, assert_complete


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a landing that is as empty afterwards as before."""
    url = f"memory://{tmp_path.name}/bronze"
    monkeypatch.setenv("LANDING__URL", url)
    yield url
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)


@pytest.mark.parametrize("source", SOURCES)
def test_a_load_into_an_object_store_is_gone_on_with_and_replayed_from_there(
    source: str,
    store: str,
    faulty: Faulty,
    data_dir: Path,
    hallmark: Hallmark,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prefix = f"SOURCES__{source.upper()}__"
    monkeypatch.setenv(f"{prefix}BASE_URL", faulty.urls[source])
    monkeypatch.setenv(f"{prefix}{SECRETS[source]}", KEY)
    only = [word for entity in ENTITIES[source] for word in ("--entity", entity)]
    faulty.add(source, "token_revoked")
    assert hallmark("load", source, *only) == "AUTH001"
    faulty.clear()
    done = hallmark("load", source, *only)
    assert "had landed before" in done["ledger"][1]["note"]
    assert_complete(faulty, data_dir, source)
    landed = list(Landing(store).folders(f"source={source}/entity=*/dt=*/run_id={done['run_id']}"))
    assert len(landed) == len(done["ledger"]) - (source == "zephyr")
    (data_dir / "warehouse.duckdb").unlink()
    hallmark("replay", source, "--run-id", done["run_id"])
    assert_complete(faulty, data_dir, source)
    assert not (data_dir / "bronze").exists()
    assert query(data_dir, "select count(*) from control.runs") == [(1,)]
