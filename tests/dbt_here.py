"""dbt in this process: one of its own each time would take seconds to start and to parse."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest.mock import patch

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg

from dlt_pipelines import config


class Result(NamedTuple):
    """What dbt says of a node."""

    name: str
    status: str
    message: str | None

    @property
    def is_good(self) -> bool:
        return self.status in ("success", "pass")


class Ended(NamedTuple):
    """The exit code that the command would have and what it would print."""

    code: int
    said: str


def dbt(data_dir: Path, command: str, *arguments: str, target: str = "prod") -> list[Result]:
    """What became of each node."""
    runner = dbtRunner(_own_manifest(target))
    done = _invoke(data_dir, target, runner, command, "--quiet", *arguments)
    assert isinstance(done.result, RunExecutionResult), done.exception
    return [Result(each.node.name, each.status, each.message) for each in done.result.results]


def dbt_ended(data_dir: Path, command: str, *arguments: str, target: str = "prod") -> Ended:
    """What a user sees of a command."""
    events: list[EventMsg] = []
    runner = dbtRunner(_own_manifest(target), [events.append])
    done = _invoke(data_dir, target, runner, *command.split(), *arguments)
    said = "\n".join(event.info.msg for event in events if event.info.level != "debug")
    return Ended(0 if done.success else 2 if done.exception else 1, said)


def statuses(results: list[Result]) -> set[str]:
    return {str(each.status) for each in results}


@cache
def manifest(target: str) -> Manifest:
    """The project as dbt parses it once in this process; it does not depend on the data folder."""
    with TemporaryDirectory() as folder:
        done = _invoke(Path(folder), target, dbtRunner(), "parse", "--quiet")
    assert isinstance(done.result, Manifest), done.exception
    return done.result


def _own_manifest(target: str) -> Manifest:
    """Compiling marks its nodes as compiled."""
    return manifest(target).deepcopy()


def _invoke(data_dir: Path, target: str, runner: dbtRunner, *words: str) -> dbtRunnerResult:
    paths = {
        "--project-dir": config.PROJECT_ROOT,
        "--profiles-dir": config.PROJECT_ROOT,
        "--target-path": data_dir / f"dbt-{target}",
        "--log-path": data_dir / "logs",
    }
    options = [str(part) for option in paths.items() for part in option]
    with patch.dict(os.environ, {"LOCAL_DATA_DIR": str(data_dir)}):
        done = runner.invoke([*words, "--target", target, *options])
    DuckDBConnectionManager.close_all_connections()  # or no load could open the file after it
    return done
