"""A warehouse as dbt builds it, and what differs between two builds of its incremental models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner

from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect

INCREMENTAL = ("+config.materialized:incremental", "rejects")
Row = tuple[object, ...]


class Result(NamedTuple):
    """What dbt says of a node."""

    name: str
    status: str
    message: str | None

    @property
    def is_good(self) -> bool:
        return self.status in ("success", "pass")


@dataclass(frozen=True)
class Built:
    """A warehouse's folder and the incremental models in it, `schema.table`."""

    folder: Path

    @property
    def models(self) -> list[str]:
        manifest = json.loads((self.folder / "dbt" / "manifest.json").read_bytes())
        return sorted(
            f"{node['schema']}.{node['alias']}"
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
        )

    def build(self, *arguments: str, select: Sequence[str] = INCREMENTAL) -> None:
        kinds = ("--resource-type", "model", "--resource-type", "seed")
        broken = [
            each for each in self.dbt("build", select, *kinds, *arguments) if not each.is_good
        ]
        assert broken == []

    def dbt(self, command: str, select: Sequence[str], *arguments: str) -> list[Result]:
        """In this process: one of its own each time would take twice as long."""
        paths = {
            "--project-dir": config.PROJECT_ROOT,
            "--profiles-dir": config.PROJECT_ROOT,
            "--target-path": self.folder / "dbt",
            "--log-path": self.folder / "logs",
        }
        done = dbtRunner().invoke(
            [
                *(command, "--quiet", "--target", "prod", "--select", *select, *arguments),
                *(str(part) for option in paths.items() for part in option),
            ]
        )
        assert isinstance(done.result, RunExecutionResult), done.exception
        return [Result(each.node.name, each.status, each.message) for each in done.result.results]

    def keep(self, name: str) -> None:
        """Copies the incremental models as they are to the schema `name`."""
        with connect(config.warehouse_path()) as connection:
            connection.execute(f"drop schema if exists {name} cascade")
            connection.execute(f"create schema {name}")
            for model in self.models:
                connection.execute(f'create table {name}."{model}" as from {model}')

    def differences(self, one: str, other: str) -> dict[str, tuple[list[Row], list[Row]]]:
        """Per model that differs the rows that only the one copy has, and only the other."""
        with connect(config.warehouse_path()) as connection:
            found = {
                model: (
                    _only(connection, f'{one}."{model}"', f'{other}."{model}"'),
                    _only(connection, f'{other}."{model}"', f'{one}."{model}"'),
                )
                for model in self.models
            }
        return {model: rows for model, rows in found.items() if rows != ([], [])}


def _only(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[Row]:
    return connection.execute(f"from {one} except all from {other}").fetchall()
