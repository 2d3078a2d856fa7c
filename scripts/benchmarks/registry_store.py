"""A store of the contract registry with a long history, written past its HTTP interface."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from contracts.json_schema import json_text
from contracts.registry.database import Database
from contracts.registry.migrate import migrate
from contracts.registry.models import ContractVersion, Dataset, SchemaArtifact

LAYER = "gold"
ONE = "one"
"""The id of the dataset that has many versions."""
_EACH = 100
_AT_ONCE = 10_000
_KINDS = ("string", "integer", "number", "boolean")
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def schema(fields: int, *, version: int = 1, more: int = 0) -> dict[str, Any]:
    """An object of so many fields and `more` optional ones; no two versions are the same."""
    names = [f"field_{number:04d}" for number in range(fields + more)]
    properties = {
        name: {"type": _KINDS[at % 4], "description": f"Field {at}, as its source documents it."}
        for at, name in enumerate(names)
    }
    return {
        "title": f"version {version}",
        "type": "object",
        "properties": properties,
        "required": names[:fields:2],
        "additionalProperties": False,
    }


def datasets(versions: int, one: int) -> dict[str, int]:
    """Ids and how many versions each has: one with many, the others with a hundred at most."""
    found = {ONE: min(one, versions)}
    left = versions - found[ONE]
    while left > 0:
        found[f"dataset-{len(found)}"] = min(_EACH, left)
        left -= _EACH
    return found


def seed(database: Database, versions: int, one: int) -> dict[str, int]:
    """Migrates and fills a store; returns its datasets' ids and how many versions each has."""
    migrate(database)
    found = datasets(versions, one)
    batch: list[dict[str, Any]] = []
    for each in _versions(found):
        batch.append(each)
        if len(batch) == _AT_ONCE:
            _write(database, batch)
            batch = []
    _write(database, batch)
    return found


def _versions(found: dict[str, int]) -> Iterator[dict[str, Any]]:
    number = 0
    for dataset_id, count in found.items():
        for version in range(1, count + 1):
            number += 1
            text = json_text.encode(schema(12, version=number, more=version % 7))
            yield {
                "dataset_id": dataset_id,
                "layer": LAYER,
                "version": version,
                "previous": version - 1 or None,
                "schema_hash": hashlib.sha256(text).hexdigest(),
                "canonical": text,
                "is_current": version == count,
                "compatibility": "both",
                "compatible": True,
                "compared_with": version - 1 or None,
                "created_at": _MOMENT,
                "created_by": "bench",
                "correlation_id": "bench",
            }


def _write(database: Database, batch: list[dict[str, Any]]) -> None:
    if not batch:
        return
    new = [each["dataset_id"] for each in batch if each["version"] == 1]
    artifacts = [
        {name: each[name] for name in ("schema_hash", "canonical", "created_at")} for each in batch
    ]
    rows = [{name: value for name, value in each.items() if name != "canonical"} for each in batch]

    def work(connection: Any) -> None:
        if new:
            connection.execute(insert(Dataset), [_dataset(each) for each in new])
        connection.execute(insert(SchemaArtifact), artifacts)
        connection.execute(insert(ContractVersion), rows)

    database.write("bench", work)


def _dataset(dataset_id: str) -> dict[str, Any]:
    return {
        "dataset_id": dataset_id,
        "namespace": "bench",
        "name": dataset_id,
        "owner": "bench",
        "compatibility": "BACKWARD",
        "status": "active",
        "promotions": "open",
        "created_at": _MOMENT,
        "created_by": "bench",
        "updated_at": _MOMENT,
    }
