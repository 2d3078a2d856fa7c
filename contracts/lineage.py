"""Which columns are made of a column, from raw to what is read outside: from dbt's compiled SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from contracts.sql_reads import ALL, Origin, Reads, reads

Manifest = Mapping[str, Any]
Columns = Mapping[str, Iterable[str]]
Lineage = dict[str, Reads]
"""What each table reads, by its name in SQL."""


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """What lies below a column.

    `columns` are made of it, by table. In the tables of `rows` such a column, or the column itself,
    decides which rows there are: any column there may change with it. Both nearest first.
    """

    columns: dict[str, tuple[str, ...]]
    rows: tuple[str, ...]

    @property
    def tables(self) -> list[str]:
        return list(dict.fromkeys([*self.columns, *self.rows]))


def lineage(manifest: Manifest, stored: Mapping[str, Columns]) -> Lineage:
    """What every model reads, by a manifest with compiled SQL.

    `stored` are columns beyond those the manifest tells (schema → table → columns): raw's own, and
    such as were there before a change. A model whose SQL cannot be told apart reads all of its
    parents' columns in each of its own.
    """
    tables: dict[str, dict[str, list[str]]] = {}
    for schema, held in stored.items():
        for table, columns in held.items():
            tables.setdefault(schema, {})[table] = list(columns)
    nodes = [node for node in manifest["nodes"].values() if _is_table(node)]
    for node in nodes:
        known = tables.setdefault(node["schema"], {}).setdefault(node["alias"], [])
        known += [name for name in node["columns"] if name not in known]
    return {
        relation(node): reads(node["compiled_code"], tables) or _unknown(node, manifest)
        for node in nodes
        if node["resource_type"] == "model"
    }


def relation(node: Mapping[str, Any]) -> str:
    """What SQL calls a model, seed or source."""
    return f"{node['schema']}.{node.get('alias') or node['identifier']}"


def _is_table(node: Mapping[str, Any]) -> bool:
    kind = node["resource_type"]
    ephemeral = kind == "model" and node["config"]["materialized"] == "ephemeral"
    return kind in ("model", "seed") and not ephemeral


def _unknown(node: Mapping[str, Any], manifest: Manifest) -> Reads:
    parents = frozenset(Origin(relation(each), ALL) for each in _parents(node, manifest))
    return Reads(columns=dict.fromkeys(node["columns"], parents), rows=parents)


def _parents(node: Mapping[str, Any], manifest: Manifest) -> Iterator[Mapping[str, Any]]:
    """The tables above a model; what is only read on the way is passed through."""
    for name in node["depends_on"]["nodes"]:
        parent = manifest["nodes"].get(name) or manifest["sources"][name]
        if parent["resource_type"] == "source" or _is_table(parent):
            yield parent
        else:
            yield from _parents(parent, manifest)


def below(known: Lineage, table: str, column: str) -> Reached:
    """All that is made of a column of a table; below a JSON column it is a dotted path.

    The column `*` stands for the whole table.
    """
    found: dict[Origin, None] = {Origin(table, column): None}
    rows: dict[str, None] = {}
    level = list(found)
    while level:
        made: dict[Origin, None] = {}
        for name, one in known.items():
            if _any_of(level, one.rows):
                rows[name] = None
            for output, origins in one.columns.items():
                if _any_of(level, origins):
                    made[Origin(name, output)] = None
        level = [each for each in made if each not in found]
        found |= dict.fromkeys(level)
    columns: dict[str, tuple[str, ...]] = {}
    for origin in list(found)[1:]:
        columns[origin.relation] = (*columns.get(origin.relation, ()), origin.column)
    return Reached(columns=columns, rows=tuple(rows))


def _any_of(changed: Iterable[Origin], origins: Iterable[Origin]) -> bool:
    return any(_meet(one, origin) for one in changed for origin in origins)


def _meet(one: Origin, other: Origin) -> bool:
    """Whether two are the same column, or one is a part of the other; SQL knows no case."""
    if one.relation != other.relation:
        return False
    if ALL in (one.column, other.column):
        return True
    short, long = sorted((one.column.lower(), other.column.lower()), key=len)
    return long == short or long.startswith(f"{short}.")


def exposures(manifest: Manifest, tables: Iterable[str]) -> list[str]:
    """Names of the exposures that read any of these tables themselves, sorted."""
    wanted = set(tables)
    nodes = {name for name, node in manifest["nodes"].items() if _named(node) in wanted}
    return sorted(
        each["name"]
        for each in manifest["exposures"].values()
        if nodes.intersection(each["depends_on"]["nodes"])
    )


def _named(node: Mapping[str, Any]) -> str:
    return relation(node) if _is_table(node) else ""
