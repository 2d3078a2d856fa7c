"""Every table against its contract: raw by the source's contracts, the rest by dbt's manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import duckdb

from contracts.odcs import Source
from dlt_pipelines.control.rows import rows_of
from dlt_pipelines.loading.tables import contracted_tables, holds
from expectations.asking import Finding, Question
from expectations.locations import located
from expectations.manifest import Manifest, Node
from expectations.results import Severity

_TYPES = """
select column_name, data_type, is_nullable
from duckdb_columns()
where
    database_name = current_database() and schema_name = $schema and table_name = $table
order by column_index
"""
_STRANGERS = """
select schema_name || '.' || table_name as stranger
from duckdb_tables()
where database_name = current_database() and list_contains($schemas, schema_name)
    and not list_contains($promised, stranger)
order by stranger
"""
_ACTION = "hallmark build --full-refresh makes it anew; a change that is meant belongs in {where}."


@dataclass(frozen=True)
class Promise:
    """The columns of a table by name and type; `filled` may hold no null.

    A raw table `widens`: a type that holds more than the contract's is as good, and a column that
    the contract lost stays. Where the database does not enforce it (raw), `filled` is asked of the
    rows.
    """

    table: str
    columns: Mapping[str, str]
    filled: frozenset[str] = field(default_factory=frozenset)
    widens: bool = False
    location: str = ""


def schema_questions(manifest: Manifest, sources: Iterable[Source]) -> Iterator[Question]:
    """One question per contracted table, and whether the layers hold tables nobody promised."""
    models = list(_promised_models(manifest))
    raw = [promise for source in sources for promise in _promised_raw(source)]
    for promise in (*raw, *models):
        yield Question(
            "schema",
            promise.table,
            "contract",
            "critical",
            "the columns, types and nulls that the contract promises",
            partial(_compare, promise),
            promise.location,
        )
    built = {node.table for node in manifest.nodes.values()}
    for layer in sorted({promise.table.partition(".")[0] for promise in models}):
        yield Question(
            "schema",
            layer,
            "no_stranger",
            "warning",
            "every table has a contract",
            partial(_no_stranger, layer, built),
            located("dbt_project.yml", f"+schema: {layer}"),
        )


def _promised_models(manifest: Manifest) -> Iterator[Promise]:
    for node in manifest.nodes.values():
        if node.resource_type == "model" and node.contract.enforced:
            yield Promise(
                table=node.table,
                columns={each.name: each.data_type or "" for each in node.columns.values()},
                filled=frozenset(_not_null(node)),
                location=located(node.yaml_path, f"name: {node.name}"),
            )


def _not_null(node: Node) -> Iterator[str]:
    for column in node.columns.values():
        if any(each.type in ("not_null", "primary_key") for each in column.constraints):
            yield column.name
    for constraint in node.constraints:
        if constraint.type == "primary_key":
            yield from constraint.columns


def _promised_raw(source: Source) -> Iterator[Promise]:
    for name, columns in contracted_tables(source):
        entity = source.entities.get(name)
        required = [each.name for each in entity.fields if each.required] if entity else []
        yield Promise(
            table=f"raw_{source.name}.{name}",
            columns={**columns, "_dlt_load_id": "VARCHAR"},
            filled=frozenset(required),
            widens=True,
            location=located(f"contracts/{source.name}/{name if entity else 'contract'}.yaml"),
        )


def _compare(promise: Promise, connection: duckdb.DuckDBPyConnection) -> Finding:
    schema, _, table = promise.table.partition(".")
    rows = rows_of(connection, _TYPES, {"schema": schema, "table": table})
    where = promise.location.partition(":")[0]
    sql = f"describe {schema}.{table}"
    if not rows:
        return Finding("failed", "the table is not there", _ACTION.format(where=where), sql)
    found = {str(row["column_name"]): row for row in rows}
    wrong = {
        "missing": [name for name in promise.columns if name not in found],
        "retyped": list(_retyped(connection, promise, found)),
        "nullable": _nullable(connection, promise, found),
        "extra": [name for name in found if name not in promise.columns],
    }
    told = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in wrong.items() if names)
    if not told:
        return Finding("passed", f"{len(found)} columns as promised")
    severity: Severity = "warning" if promise.widens and told.startswith("extra") else "critical"
    return Finding("failed", told, _ACTION.format(where=where), sql, severity)


def _retyped(
    connection: duckdb.DuckDBPyConnection, promise: Promise, found: Mapping[str, dict[str, object]]
) -> Iterator[str]:
    shared = [name for name in promise.columns if name in found and promise.columns[name]]
    # DuckDB itself says which of its types a contract's word (string, int) means
    casts = ", ".join(f"cast(null as {promise.columns[name]})" for name in shared)
    meant = connection.execute(f"describe select {casts}").fetchall()
    for name, row in zip(shared, meant, strict=True):
        stored, kind = str(found[name]["data_type"]), str(row[1])
        if stored != kind and not (promise.widens and holds(stored, kind)):
            yield f"{name} ({kind} → {stored})"


def _nullable(
    connection: duckdb.DuckDBPyConnection, promise: Promise, found: Mapping[str, dict[str, object]]
) -> list[str]:
    open_columns = [
        name for name in sorted(promise.filled) if name in found and found[name]["is_nullable"]
    ]
    if not promise.widens or not open_columns:
        return open_columns
    filled = ", ".join(f'count("{name}") = count(*)' for name in open_columns)
    row = connection.execute(f"select {filled} from {promise.table}").fetchone()  # noqa: S608
    return [
        name for name, holds_none in zip(open_columns, row or (), strict=True) if not holds_none
    ]


def _no_stranger(
    layer: str, built: Iterable[str], connection: duckdb.DuckDBPyConnection
) -> Finding:
    rows = rows_of(connection, _STRANGERS, {"schemas": [layer], "promised": sorted(built)})
    if not rows:
        return Finding("passed", "none without")
    names = ", ".join(str(row["stranger"]) for row in rows)
    return Finding("failed", names, "No model makes these (any more): drop what nobody reads.")
