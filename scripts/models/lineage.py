"""What dbt builds from a raw table or a model, down to the exposures."""

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
    found = below(manifest["child_map"], [table] if table else [])
    return Downstream(
        models=tuple(_name(node) for node in found if _kind(node) in ("model", "snapshot")),
        exposures=tuple(_name(node) for node in found if _kind(node) == "exposure"),
    )


def ways_down(manifest: Mapping[str, Any], node: str) -> list[tuple[str, ...]]:
    """The shortest way from a node to each of its last readers: exposures, models nobody reads."""
    children = manifest["child_map"]
    ways: dict[str, tuple[str, ...]] = {node: ()}
    for each in below(children, [node]):
        for child in _shown(children, each):
            ways.setdefault(child, (*ways[each], _told(child)))
    return [way for each, way in ways.items() if way and not _shown(children, each)]


def below(children: Mapping[str, Sequence[str]], nodes: Sequence[str]) -> list[str]:
    """All nodes reached from `nodes`, level by level."""
    found = dict.fromkeys(nodes)
    level = list(nodes)
    while level:
        level = [each for node in level for each in _shown(children, node)]
        level = [each for each in dict.fromkeys(level) if each not in found]
        found.update(dict.fromkeys(level))
    return list(found)


def _shown(children: Mapping[str, Sequence[str]], node: str) -> list[str]:
    """The children of a node but for tests."""
    return [each for each in children.get(node, ()) if _kind(each) in _SHOWN]


def _kind(node: str) -> str:
    """The first part of `model.hallmark.fct_payments`."""
    return node.partition(".")[0]


def _name(node: str) -> str:
    """`fct_payments`, and of a version `fct_payments.v1`."""
    return node.split(".", 2)[2]


def _told(node: str) -> str:
    return f"exposure {_name(node)}" if _kind(node) == "exposure" else _name(node)
