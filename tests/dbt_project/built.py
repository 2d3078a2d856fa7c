"""A warehouse as dbt builds it, and what differs between two builds of its incremental models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from tests.dbt_here import dbt, manifest

INCREMENTAL = ("+config.materialized:incremental", "rejects")
Row = tuple[object, ...]


@dataclass(frozen=True)
class Built:
    """A warehouse's folder and the incremental models in it, `schema.table`."""

    folder: Path

    @property
    def models(self) -> list[str]:
        return sorted(
            f"{node.schema}.{node.alias}"
            for node in manifest("prod").nodes.values()
            if node.resource_type == "model" and node.config.materialized == "incremental"
        )

    def build(self, *arguments: str, select: Sequence[str] = INCREMENTAL) -> None:
        kinds = ("--resource-type", "model", "--resource-type", "seed")
        results = dbt(self.folder, "build", "--select", *select, *kinds, *arguments)
        assert [each for each in results if not each.is_good] == []

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
