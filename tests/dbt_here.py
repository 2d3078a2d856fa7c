"""dbt in this process: one of its own each time would take seconds to start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner

from dlt_pipelines import config


class Result(NamedTuple):
    """What dbt says of a node."""

    name: str
    status: str
    message: str | None

    @property
    def is_good(self) -> bool:
        return self.status in ("success", "pass")


def dbt(data_dir: Path, command: str, *arguments: str, target: str = "prod") -> list[Result]:
    """What became of each node; each target has a folder of its own, so it is parsed once."""
    paths = {
        "--project-dir": config.PROJECT_ROOT,
        "--profiles-dir": config.PROJECT_ROOT,
        "--target-path": data_dir / f"dbt-{target}",
        "--log-path": data_dir / "logs",
    }
    with patch.dict(os.environ, {"LOCAL_DATA_DIR": str(data_dir)}):
        done = dbtRunner().invoke(
            [
                *(command, "--quiet", "--target", target, *arguments),
                *(str(part) for option in paths.items() for part in option),
            ]
        )
    DuckDBConnectionManager.close_all_connections()  # or no load could open the file after it
    assert isinstance(done.result, RunExecutionResult), done.exception
    return [Result(each.node.name, each.status, each.message) for each in done.result.results]


def statuses(results: list[Result]) -> set[str]:
    return {str(each.status) for each in results}
