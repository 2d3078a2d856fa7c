"""The raw tables as the contracts have them, also those that nothing was loaded into yet."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from contracts.odcs import Entity, Source
from dlt_pipelines.loading.columns import arrow_schema
from dlt_pipelines.loading.resources import RECORDS, json_columns

_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP WITH TIME ZONE",
}
_HELD = {kind: {kind} for kind in (*_SQL_TYPES.values(), "JSON")} | {
    "VARCHAR": {"VARCHAR", "JSON", "BIGINT", "DOUBLE", "BOOLEAN"},
}
"""The types whose values a column's type can hold, whatever they are."""
_NUMBERS = {"BIGINT", "DOUBLE"}
"""Neither holds all of the other: fractions, and above 2^53 not every integer is a double."""
_ALL_KEPT = """
select
    coalesce(bool_and(
        coalesce(try_cast(try_cast("{name}" as {kind}) as {found}), 0) = "{name}"
    ), true)
from {table}
"""
_LOAD_ID = "_dlt_load_id VARCHAR NOT NULL"
_LOADS = """
create table if not exists {schema}._dlt_loads (
    load_id varchar not null,
    schema_name varchar,
    status bigint not null,
    inserted_at timestamptz not null,
    schema_version_hash varchar
)
"""
Columns = dict[str, str]


def ensure_tables(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Makes every contracted raw table that is missing, and adds columns that a contract gained.

    So `dbt build` works whichever source was loaded; dlt takes such tables for its own. A column
    never goes, and its type becomes another only where every stored value stays what it is.
    """
    schema = f"raw_{source.name}"
    connection.execute(f"create schema if not exists {schema}")
    connection.execute(_LOADS.format(schema=schema))
    existing = _existing(connection, schema)
    for table, columns in contracted_tables(source):
        if table not in existing:
            listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f'create table {schema}."{table}" ({listed}, {_LOAD_ID})')
            continue
        for name, kind in columns.items():
            _fit(connection, f'{schema}."{table}"', name, existing[table].get(name), kind)


def _fit(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, found: str | None, kind: str
) -> None:
    """Makes a column that is missing, or lets one hold what is stored and what is promised."""
    if found is None:
        connection.execute(f'alter table {table} add column "{name}" {kind}')
        return
    wider = _wider(found, kind)
    if {found, kind} == _NUMBERS:
        row = connection.execute(
            _ALL_KEPT.format(table=table, name=name, kind=kind, found=found)
        ).fetchone()
        wider = kind if row == (True,) else wider
    if wider != found:
        connection.execute(f'alter table {table} alter column "{name}" type {wider}')


def holds(stored: str, contracted: str) -> bool:
    """Whether a column of type `stored` holds every value of a contract's type."""
    return contracted in _HELD.get(stored, ())


def _wider(stored: str, contracted: str) -> str:
    """The narrowest type that holds what is stored and what a contract promises."""
    if holds(stored, contracted):
        return stored
    return contracted if stored in _HELD[contracted] else "VARCHAR"


def contracted_tables(source: Source) -> Iterator[tuple[str, Columns]]:
    """Each table of a source's raw schema with its columns but dlt's own."""
    for entity in source.entities.values():
        yield entity.name, _columns(entity)
    for name, schema in RECORDS.items():
        yield name, {field.name: _SQL_TYPES[field.type] for field in schema}


def _columns(entity: Entity) -> Columns:
    json = json_columns(entity)
    return {
        field.name: "JSON" if field.name in json else _SQL_TYPES[field.type]
        for field in arrow_schema(entity)
    }


def _existing(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, Columns]:
    tables: dict[str, Columns] = {}
    rows = connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = ?"
        " and database_name = current_database()",
        [schema],
    ).fetchall()
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return tables
