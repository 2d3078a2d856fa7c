"""What dbt models promise to those who read their tables, taken from a dbt manifest.

A model without versions is compared as its version 1, so that the first version added beside it
is a version 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

import msgspec

Access = Literal["private", "protected", "public"]
Json = Mapping[str, Any]
_ALIASES = {
    "string": "varchar",
    "text": "varchar",
    "int": "integer",
    "numeric": "decimal",
    "timestampwithtimezone": "timestamptz",
}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column; `type` is written in one way, whichever alias the model uses."""

    name: str
    type: str
    required: bool
    pii: bool = False
    description: str = ""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a model.

    `relation` is what SQL calls it, `gold.fct_payments`. `constraints` are those beyond not null,
    as text. `retires` is its deprecation date, "" when it has none; `retired` says that it has
    passed.
    """

    node: str
    name: str
    version: int
    is_latest: bool
    relation: str
    access: Access
    columns: tuple[Column, ...]
    constraints: tuple[str, ...]
    retired: bool
    retires: str = ""
    description: str = ""

    @property
    def key(self) -> tuple[str, int]:
        return (self.name, self.version)


Tables = dict[tuple[str, int], Table]


def tables(manifest: Json, today: date) -> Tables:
    """Every model whose contract is enforced, by name and version."""
    found = (
        _table(node, today)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["contract"]["enforced"]
    )
    return {table.key: table for table in found}


def _table(node: Json, today: date) -> Table:
    columns = list(node["columns"].values())
    retires = (node["deprecation_date"] or "")[:10]
    return Table(
        node=node["unique_id"],
        name=node["name"],
        version=int(node["version"] or 1),
        is_latest=node["version"] == node["latest_version"],
        relation=f"{node['schema']}.{node['alias']}",
        access=node["access"],
        columns=tuple(_column(column) for column in columns),
        constraints=tuple(sorted(_constraints(node["constraints"], columns))),
        retired=has_passed(retires, today),
        retires=retires,
        description=node.get("description", ""),
    )


def has_passed(day: str, today: date) -> bool:
    """Whether a date has come; "" never does."""
    return bool(day) and date.fromisoformat(day) <= today


def _column(column: Json) -> Column:
    kinds = {constraint["type"] for constraint in column["constraints"]}
    meta = column.get("config", {}).get("meta", {})
    return Column(
        name=column["name"],
        type=column_type(column["data_type"] or ""),
        required=bool(kinds & {"not_null", "primary_key"}),
        pii=meta.get("classification") == "pii",
        description=column.get("description", ""),
    )


def column_type(written: str) -> str:
    """A type in the one way it is compared."""
    name, bracket, size = written.lower().replace(" ", "").partition("(")
    return _ALIASES.get(name, name) + bracket + size


def _constraints(of_table: Sequence[Json], columns: Sequence[Json]) -> Iterator[str]:
    """A constraint is told alike, whether it stands at its one column or at the table."""
    for constraint in of_table:
        yield _told(constraint, sorted(constraint["columns"]))
    for column in columns:
        for constraint in column["constraints"]:
            if constraint["type"] != "not_null":
                yield _told(constraint, [column["name"]])


def _told(constraint: Json, columns: Sequence[str]) -> str:
    what = constraint["expression"] or ", ".join(columns)
    return f"{constraint['type'].replace('_', ' ')} ({what})"
