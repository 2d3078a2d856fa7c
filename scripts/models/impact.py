"""Who is hit by a table that cannot be trusted, as dbt knows it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from expectations.results import Check, Exposure, Impact
from scripts.models.lineage import below


def impacts(checks: Iterable[Check], manifest: Path) -> list[Impact]:
    """What is built from the table of each check that failed, and who reads it.

    Nothing while there is no manifest: dbt broke off before it wrote one.
    """
    tables = sorted({check.table for check in checks if check.outcome == "failed"})
    if not tables or not manifest.exists():
        return []
    return list(_impacts(json.loads(manifest.read_bytes()), tables))


def _impacts(manifest: Mapping[str, Any], tables: list[str]) -> Iterator[Impact]:
    nodes = {
        f"{each['schema']}.{each.get('alias') or each.get('identifier')}": node
        for kind in ("sources", "nodes")
        for node, each in manifest[kind].items()
        if each["resource_type"] in ("source", "seed", "model", "snapshot")
    }
    for table in tables:
        if table in nodes:
            found = below(manifest["child_map"], [nodes[table]])[1:]
            readers = [manifest["exposures"].get(node) for node in found]
            yield Impact(
                table=table,
                models=[
                    manifest["nodes"][node]["alias"] for node in found if node in manifest["nodes"]
                ],
                exposures=[_exposure(reader) for reader in readers if reader],
            )


def _exposure(reader: Mapping[str, Any]) -> Exposure:
    return Exposure(
        name=reader.get("label") or reader["name"],
        owner=reader["owner"].get("name") or "",
        url=reader.get("url") or "",
    )
