"""The written promises, read as they are written: contracts, the dbt manifest, `handoffs.yaml`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from dlt_pipelines.config import PROJECT_ROOT

SOURCES = ("payments", "zephyr")
HANDOFFS = yaml.safe_load((Path(__file__).parent / "handoffs.yaml").read_text("utf-8"))
Columns = dict[str, str]


@dataclass(frozen=True)
class Promise:
    """A table's columns with their types, which are never null, and what is one row's alone."""

    relation: str
    columns: Columns
    required: tuple[str, ...]
    key: tuple[str, ...]

    def __str__(self) -> str:
        return self.relation


@cache
def raw_table(source: str, entity: str) -> dict[str, Any]:
    text = (PROJECT_ROOT / "contracts" / source / f"{entity}.yaml").read_text("utf-8")
    (table,) = yaml.safe_load(text)["schema"]
    return dict(table)


def entities(source: str) -> list[str]:
    text = (PROJECT_ROOT / "contracts" / source / "contract.yaml").read_text("utf-8")
    return list(yaml.safe_load(text)["entities"])


def raw_promises() -> Iterator[Promise]:
    for source in SOURCES:
        for entity in entities(source):
            fields = raw_table(source, entity)["properties"]
            kinds = {field["name"]: _kind(field) for field in fields}
            yield Promise(
                f"raw_{source}.{entity}",
                kinds | HANDOFFS["raw"],
                tuple(field["name"] for field in fields if field.get("required")),
                tuple(field["name"] for field in fields if field.get("primaryKey")),
            )


def _kind(field: dict[str, Any]) -> str:
    """Of personal data a token is stored, whatever it was."""
    return "VARCHAR" if field.get("classification") == "pii" else str(field["physicalType"])


def pii_paths(fields: list[dict[str, Any]], above: str = "") -> Iterator[str]:
    """JSON paths of personal data, the column first; what lies in lists is left to other tests."""
    for field in fields:
        path = f"{above}.{field['name']}" if above else field["name"]
        if field.get("classification") == "pii":
            yield path
        else:
            yield from pii_paths(field.get("properties", []), path)


def model_promises(manifest: Path) -> Iterator[Promise]:
    """What dbt's contracts say of every table that it builds."""
    for node in _models(manifest):
        columns = {name: column["data_type"] for name, column in node["columns"].items()}
        kinds = {name: _duckdb_type(kind) for name, kind in columns.items()}
        yield Promise(
            f"{node['schema']}.{node['alias']}",
            kinds,
            tuple(
                name
                for name, column in node["columns"].items()
                if {"not_null", "primary_key"} & {each["type"] for each in column["constraints"]}
            ),
            _key(node),
        )


def compiled_models(manifest: Path, schema: str) -> dict[str, str]:
    """The SQL of each of a schema's models, as it ran."""
    found = [node for node in _models(manifest) if node["schema"] == schema]
    return {node["name"]: node["compiled_code"] for node in found}


def _models(manifest: Path) -> list[dict[str, Any]]:
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    return [
        node
        for node in nodes
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    ]


def _key(node: dict[str, Any]) -> tuple[str, ...]:
    for constraint in node["constraints"]:
        if constraint["type"] == "primary_key":
            return tuple(constraint["columns"])
    return tuple(
        name
        for name, column in node["columns"].items()
        if any(each["type"] == "primary_key" for each in column["constraints"])
    )


@cache
def _duckdb_type(written: str) -> str:
    """A type as DuckDB calls it: `string` is VARCHAR."""
    with duckdb.connect() as connection:
        (kind,) = connection.execute(f"select typeof(cast(null as {written}))").fetchall()[0]
    return str(kind)
