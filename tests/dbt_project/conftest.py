"""The manifest that dbt itself makes of the project."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from dlt_pipelines import config

Node = dict[str, Any]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Node:
    folder = tmp_path_factory.mktemp("dbt")
    done = subprocess.run(
        [
            f"{sys.prefix}/bin/dbt",
            "parse",
            "--quiet",
            "--target-path",
            folder,
            "--log-path",
            folder,
        ],
        cwd=config.PROJECT_ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    content: Node = json.loads((folder / "manifest.json").read_text())
    return content


@pytest.fixture(scope="session")
def models(manifest: Node) -> list[Node]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert found, "the manifest has no models"
    return found
