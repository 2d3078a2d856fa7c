"""What is dear to make and only read: one test process makes it, under a lock, for all."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines import config
from scripts.dbt import parse


def once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """The folder that `make` filled, in this process or in another."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, done = root / name, root / f"{name}-is-made"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def project_manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dbt makes of this project, on production."""

    def make(folder: Path) -> None:
        parse(config.PROJECT_ROOT, target="prod", folder=folder)

    manifest = once(tmp_path_factory, "manifest", make) / "manifest.json"
    found: dict[str, Any] = json.loads(manifest.read_bytes())
    return found
