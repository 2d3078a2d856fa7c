"""The manifest that dbt itself makes of the project."""

from __future__ import annotations

from typing import Any

import pytest

from dlt_pipelines import config
from scripts.dbt import parse

Node = dict[str, Any]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return parse(config.PROJECT_ROOT, target="dev", folder=tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def models(manifest: Node) -> list[Node]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert found, "the manifest has no models"
    return found
