"""What dbt builds from a raw table, down to the exposures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_SHOWN = ("model", "snapshot", "exposure")


class Downstream(msgspec.Struct, frozen=True, kw_only=True):
    """Names of what depends on a raw table, however far below it."""

    models: tuple[str, ...]
    exposures: tuple[str, ...]


def downstream(manifest: Mapping[str, Any], source: str, entity: str) -> Downstream:
    """What is built from `raw_<source>.<entity>`, by a dbt manifest; nearest first."""
    names = {
        (each["source_name"], each["name"]): node for node, each in manifest["sources"].items()
    }
    table = names.get((f"raw_{source}", entity))
    found = _below(manifest["child_map"], [table] if table else [])
    return Downstream(
        models=tuple(_name(node) for node in found if _kind(node) in ("model", "snapshot")),
        exposures=tuple(_name(node) for node in found if _kind(node) == "exposure"),
    )


def _below(children: Mapping[str, Sequence[str]], nodes: Sequence[str]) -> list[str]:
    """All nodes reached from `nodes`, level by level."""
    found = dict.fromkeys(nodes)
    level = list(nodes)
    while level:
        level = [each for node in level for each in children.get(node, ()) if each not in found]
        level = [each for each in dict.fromkeys(level) if _kind(each) in _SHOWN]
        found.update(dict.fromkeys(level))
    return list(found)


def _kind(node: str) -> str:
    """The first part of `model.hallmark.fct_payments`."""
    return node.partition(".")[0]


def _name(node: str) -> str:
    return node.split(".")[2]
