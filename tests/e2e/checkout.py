"""A clone of this project, to change, with a warehouse whose tables are there and empty."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.odcs import load_source
from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.pipelines import SOURCES
from dlt_pipelines.loading.tables import ensure_tables

BIN = Path(sys.executable).parent
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Checkout:
    """The files of the project as they are here, committed as the branch main of a repository."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Checkout:
        made = cls(folder)
        for name in _tracked():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(config.PROJECT_ROOT / name, folder / name)
        for name in ("pyproject.toml", "requirements.lock"):
            os.utime(folder / name, (0, 0))  # or `make` would put the clone in the environment
        made.shell("git init --quiet --initial-branch main && git add --all")
        made.commit("as it was")
        return made

    def commit(self, message: str) -> None:
        who = "-c user.name=analyst -c user.email=analyst@example.com -c commit.gpgsign=false"
        self.shell(f"git {who} commit --quiet --all --message '{message}'")

    def shell(self, script: str, *, code: int = 0) -> Done:
        """Runs a script in the clone, with its own code and this environment's commands."""
        environment = {
            **os.environ,
            "LOCAL_DATA_DIR": str(self.folder / "data"),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "MAKEFLAGS": f"VENV={BIN.parent}",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def produce(self, manifest: Mapping[str, Any]) -> None:
        """A warehouse with every table that the project promises, without rows."""
        with connect(self.folder / "data" / "warehouse.duckdb") as connection:
            for name in SOURCES:
                ensure_tables(connection, load_source(name))
            for statement in empty_tables(manifest):
                connection.execute(statement)


def empty_tables(manifest: Mapping[str, Any]) -> Iterator[str]:
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            columns = ", ".join(
                f'"{column["name"]}" {column["data_type"]}' for column in node["columns"].values()
            )
            yield f"create schema if not exists {node['schema']}"
            yield f'create table {node["schema"]}."{node["alias"]}" ({columns})'


def _tracked() -> list[str]:
    """What git would commit here, changes not committed yet included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(
        command, cwd=config.PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.splitlines() if (config.PROJECT_ROOT / name).exists()]
