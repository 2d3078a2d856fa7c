"""The contracts as they stand in this checkout and in its warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.contract import LAYERS, Contract, Key, Layer, of_entity, of_table
from contracts.odcs import Source, load_source, source_names
from contracts.tables import Column, Table, column_type, tables
from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from scripts.dbt import Manifest

NO_GROUP = "hallmark"
_CONTROL = {
    "_run_id": "Run that received the row.",
    "_dt": "Day of that run, in UTC.",
    "_extracted_at": "Moment at which the row's page was received.",
    "_payload_sha256": "Hash of what the contract lists and does not call volatile.",
    "_contract_version": "Version of the API's contract that the row was decoded by.",
    "_dlt_load_id": "Load that stored the row.",
}
_MODELS = ("silver", "gold", "activation")
_RAW = """
select table_name, column_name, data_type, is_nullable
from duckdb_columns()
where schema_name = ? and database_name = current_database()
order by table_name, column_index
"""


@dataclass(frozen=True)
class Current:
    """`layers` are those that could be read: raw needs a warehouse."""

    contracts: dict[Key, Contract]
    layers: frozenset[Layer]


def current(manifest: Manifest) -> Current:
    """The APIs' contracts, the raw tables', and those of the models in a dbt manifest.

    Raises CFG001 for a contract that cannot be read, LOCK001 or STG001 for the warehouse.
    """
    sources = [load_source(name) for name in source_names()]
    found = [*_extraction(sources), *of_models(manifest, today())]
    layers = frozenset(LAYERS)
    if config.warehouse_path().exists():
        found += [contract for source in sources for contract in _raw(source)]
    else:
        layers -= {"raw"}
    return Current({contract.key: contract for contract in found}, layers)


def today() -> date:
    return datetime.now(UTC).date()


def _extraction(sources: list[Source]) -> Iterator[Contract]:
    for source in sources:
        for entity in source.entities.values():
            yield of_entity(entity, source.owner)


def of_models(manifest: Manifest, day: date) -> Iterator[Contract]:
    """The contracts that dbt enforces on the models of Silver, Gold and Activation."""
    return (contract for _, contract in by_node(manifest, day))


def by_node(manifest: Manifest, day: date) -> Iterator[tuple[str, Contract]]:
    """The same with the ids of their nodes in the manifest."""
    for table in tables(manifest, day).values():
        node = manifest["nodes"][table.node]
        if node["schema"] in _MODELS:
            namespace, owner = node.get("group") or NO_GROUP, _owner(node, manifest)
            yield (
                table.node,
                of_table(table, layer=node["schema"], namespace=namespace, owner=owner),
            )


def _owner(node: Mapping[str, Any], manifest: Manifest) -> str:
    """The team of the model's group, else the one that the model names."""
    for group in manifest["groups"].values():
        if group["name"] == node.get("group"):
            return str(group["owner"].get("name") or "")
    return str(node["config"].get("meta", {}).get("owner", ""))


def _raw(source: Source) -> Iterator[Contract]:
    """The raw tables of contracted entities that are there, as they are stored."""
    schema = f"raw_{source.name}"
    with connect(config.warehouse_path(), read_only=True) as connection:
        rows = connection.execute(_RAW, [schema]).fetchall()
    for entity in source.entities.values():
        fields = {field.name: field for field in entity.fields}
        columns = [
            Column(
                name=name,
                type=column_type(kind),
                required=not nullable,
                pii=name in fields and fields[name].pii,
                description=fields[name].description if name in fields else _CONTROL.get(name, ""),
            )
            for table, name, kind, nullable in rows
            if table == entity.name
        ]
        table = Table(
            node="",
            name=entity.name,
            version=1,
            is_latest=True,
            relation=f"{schema}.{entity.name}",
            access="protected",
            columns=tuple(columns),
            constraints=(),
            retired=False,
            description=entity.description,
        )
        if columns:
            yield of_table(table, layer="raw", namespace=schema, owner=source.owner)
