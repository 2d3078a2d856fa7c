"""Versions of a dataset's schema in one layer: found by one indexed query, answered as stored."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Select, bindparam, func, select

from contracts.registry import datasets
from contracts.registry.errors import NotFound
from contracts.registry.models import ContractVersion, Dataset, SchemaArtifact
from contracts.registry.shapes.versions import VersionPage, VersionSummary

_Rows = Select[*tuple[Any, ...]]
_HERE = (ContractVersion.dataset_id == bindparam("dataset_id")) & (
    ContractVersion.layer == bindparam("layer")
)
_WHOLE = (
    select(
        *ContractVersion.__table__.columns,
        SchemaArtifact.canonical,
        Dataset.deprecated_at,
        Dataset.sunset_at,
    )
    .join(SchemaArtifact, SchemaArtifact.schema_hash == ContractVersion.schema_hash)
    .join(Dataset, Dataset.dataset_id == ContractVersion.dataset_id)
    .where(_HERE)
)
_HASH = select(ContractVersion.version, ContractVersion.schema_hash).where(_HERE)


def _queries(rows: _Rows) -> dict[str, _Rows]:
    return {
        "current": rows.where(ContractVersion.is_current),
        "latest": rows.order_by(ContractVersion.version.desc()).limit(1),
        "number": rows.where(ContractVersion.version == bindparam("version")),
    }


_WHOLE_BY = _queries(_WHOLE)
_HASH_BY = _queries(_HASH)
_ENCODER = msgspec.json.Encoder()


def find(connection: Connection, dataset_id: str, layer: str, version: str | int) -> RowMapping:
    """A version by its number, `current` or `latest`, with its schema. Raises `NotFound`."""
    return _found(connection, _WHOLE_BY, dataset_id, layer, version)


def find_hash(
    connection: Connection, dataset_id: str, layer: str, version: str | int
) -> RowMapping:
    """Its `version` and `schema_hash` alone. Raises `NotFound`."""
    return _found(connection, _HASH_BY, dataset_id, layer, version)


def _found(
    connection: Connection,
    queries: dict[str, _Rows],
    dataset_id: str,
    layer: str,
    version: str | int,
) -> RowMapping:
    where: dict[str, str | int] = {"dataset_id": dataset_id, "layer": layer}
    query = queries.get(str(version))
    if query is None:
        query, where["version"] = queries["number"], int(version)
    row = connection.execute(query, where).mappings().first()
    if row is None:
        datasets.find(connection, dataset_id)
        raise NotFound(
            f"there is no version {version} in layer {layer}",
            {"dataset_id": dataset_id, "layer": layer, "version": version},
        )
    return row


def whole(row: RowMapping) -> bytes:
    """A version as JSON; its schema is the stored text."""
    head = _ENCODER.encode(
        {
            "dataset_id": row["dataset_id"],
            "layer": row["layer"],
            "version": row["version"],
            "is_current": row["is_current"],
            "compatibility": row["compatibility"],
            "compatible": row["compatible"],
            "compared_with": row["compared_with"],
            "schema_hash": row["schema_hash"],
            "schema_registry_id": row["schema_registry_id"],
            "created_at": row["created_at"],
            "created_by": row["created_by"],
        }
    )
    return b'%b,"schema_json":%b}' % (head[:-1], row["canonical"])


def etag(row: RowMapping, kind: str) -> str:
    """Changes when the answer does: only whether it is current can."""
    current = "c" if row["is_current"] else "n"
    return f'"{row["version"]}-{row["schema_hash"][:16]}-{current}-{kind}"'


_SUMMARY = select(*(ContractVersion.__table__.c[name] for name in VersionSummary.model_fields))
_NEWEST = select(func.max(ContractVersion.version)).where(_HERE)


def page(
    connection: Connection, dataset_id: str, layer: str, *, number: int, size: int
) -> VersionPage:
    """Newest first. Numbers have no gaps, so the page begins where its place says."""
    where = {"dataset_id": dataset_id, "layer": layer}
    datasets.find(connection, dataset_id)
    total = connection.execute(_NEWEST, where).scalar() or 0
    newest = total - (number - 1) * size
    query = _SUMMARY.where(
        _HERE, ContractVersion.version <= newest, ContractVersion.version > newest - size
    ).order_by(ContractVersion.version.desc())
    rows = connection.execute(query, where).mappings() if newest > 0 else ()
    items = [VersionSummary(**row) for row in rows]
    return VersionPage(items=items, page=number, page_size=size, total=total)
