"""The manifest that dbt itself makes of the project."""

from __future__ import annotations

from typing import Any

import pytest

from tests.once import project_manifest

Node = dict[str, Any]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return project_manifest(tmp_path_factory)


@pytest.fixture(scope="session")
def models(manifest: Node) -> list[Node]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert found, "the manifest has no models"
    return found
