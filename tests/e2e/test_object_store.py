"""A landing in S3, as moto serves it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from dlt_pipelines.loading.landing import Landing
from scripts.sources import SECRETS
from tests.e2e.conftest import KEY, Hallmark, query
from tests.e2e.faulty import ENTITIES, SOURCES, Faulty, assert_complete

BUCKET = "landing"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The server's URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def store(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a landing that is as empty afterwards as before."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PIPELINE_ENV": "AWS",
        "S3_BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)
    bucket = fsspec.filesystem("s3")
    bucket.mkdir(BUCKET)
    yield f"s3://{BUCKET}/bronze"
    bucket.rm(BUCKET, recursive=True)


@pytest.mark.parametrize("source", SOURCES)
def test_a_load_into_s3_is_gone_on_with_and_replayed_from_there(
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
