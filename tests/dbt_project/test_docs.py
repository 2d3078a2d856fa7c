"""The documentation is one page that opens without a network and leads from source to exposure."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from contracts.odcs import load_source
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.pipelines import SOURCES
from dlt_pipelines.loading.tables import ensure_tables

WAY = (
    "source.hallmark.raw_payments.charges",
    "model.hallmark.stg_payments__charges",
    "model.hallmark.fct_payments",
    "model.hallmark.pub_payments.v1",
    "exposure.hallmark.payments_ledger",
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `hallmark docs` writes of a warehouse where nothing has been built."""
    folder = tmp_path_factory.mktemp("docs") / "data"
    with connect(folder / "warehouse.duckdb") as connection:
        for name in SOURCES:
            ensure_tables(connection, load_source(name))
    done = subprocess.run(
        [Path(sys.executable).with_name("hallmark"), "docs", "--json"],
        env={**os.environ, "LOCAL_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["page"]).read_text("utf-8")


@pytest.fixture(scope="module")
def manifest(page: str) -> dict[str, Any]:
    _, _, rest = page.partition("n={manifest:")
    found, _ = json.JSONDecoder().raw_decode(rest)
    return dict(found)


@pytest.mark.parametrize(("above", "below"), list(pairwise(WAY)))
def test_each_step_from_source_to_exposure_is_drawn(
    manifest: dict[str, Any], above: str, below: str
) -> None:
    assert below in manifest["child_map"][above]


def test_the_first_page_is_the_projects_own(manifest: dict[str, Any]) -> None:
    first = manifest["docs"]["doc.hallmark.__overview__"]["block_contents"]
    assert "docs/analysts.md" in first
    folders = {node["schema"] for node in manifest["nodes"].values() if node["name"] != "rejects"}
    assert {"silver", "gold", "activation"} <= folders
    assert all(f"`{layer}`" in first for layer in ("silver", "gold", "activation"))


def test_the_page_asks_no_server_for_anything(page: str, manifest: dict[str, Any]) -> None:
    assert re.findall(r"<(?:script|img|iframe)[^>]+src=[\"']?(?:https?:)?//", page) == []
    assert re.findall(r"<link[^>]+rel=[\"']?stylesheet", page) == []
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False  # dbt's tracker stays off
