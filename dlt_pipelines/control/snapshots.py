"""A copy of what the warehouse serves, in a DuckDB file that nothing writes to again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from dlt_pipelines.control.files import sync
from dlt_pipelines.control.warehouse import opening_error
from dlt_pipelines.errors import BuildError, StorageError

SERVED_SCHEMAS = ("gold", "activation")
STORAGE_VERSION = "v1.0.0"
"""The oldest DuckDB that reads a snapshot."""

_TABLES = """
select schema_name as schema, table_name as name, comment, estimated_size as rows
from duckdb_tables()
where database_name = $database and list_contains($schemas, schema_name)
    and not regexp_matches(table_name, '__dbt_(tmp|backup)$')
order by all
"""
"""Without what a build that was killed has left beside a table that it was making."""
_COLUMN_COMMENTS = """
select schema_name, table_name, column_name, comment
from duckdb_columns()
where database_name = 'warehouse' and list_contains($schemas, schema_name)
    and comment is not null
"""


class Table(msgspec.Struct, frozen=True):
    """A table that is served."""

    schema: str
    name: str
    comment: str | None
    rows: int

    def within(self, database: str) -> str:
        """Its whole name, quoted."""
        return ".".join(map(_quoted, (database, self.schema, self.name)))


def tables_to_serve(warehouse: Path) -> list[Table]:
    """What a snapshot of the warehouse would hold. Raises LOCK001, STG001, and BUILD001 for none.

    Views are left out: they name the catalog they were made in, and nobody else has it.
    """
    with _reading(warehouse) as connection:
        return _served(connection)


def write_snapshot(warehouse: Path, path: Path) -> list[Table]:
    """Copies the served tables with their comments; `path` is there whole, or not at all.

    A process that is killed leaves a file beside it whose name is a dot longer.

    Raises LOCK001 when somebody writes to the warehouse, BUILD001 when there is no table to serve,
    STG001 when the copy cannot be written.
    """
    temporary = path.with_name(f".{path.name}")
    with _reading(warehouse) as connection:
        tables = _served(connection)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            attach = f"attach {_text(temporary)} as snapshot (storage_version '{STORAGE_VERSION}')"
            connection.execute(attach)
            tables = _copy(connection, tables)
            connection.execute("detach snapshot")
        except (OSError, duckdb.Error) as error:
            raise StorageError("the snapshot cannot be written", path=path, cause=error) from error
    try:
        temporary.chmod(0o444)
        sync(temporary)
        temporary.replace(path)
    except OSError as error:
        raise StorageError("cannot write", path=path, cause=error.strerror) from error
    sync(path.parent)
    return tables


def verify_snapshot(path: Path) -> list[Table]:
    """Reads every row of every table, and with it every checksum; counts the rows.

    Raises STG001 when that fails or there is no table.
    """
    try:
        with duckdb.connect() as connection:
            connection.execute(f"attach {_text(path)} as snapshot (read_only)")
            tables = [_read(connection, each) for each in _listed(connection, "snapshot")]
    except duckdb.Error as error:
        raise StorageError("the snapshot cannot be read", path=path, cause=error) from error
    if not tables:
        raise StorageError("the snapshot holds no table", path=path)
    return tables


def _read(connection: duckdb.DuckDBPyConnection, table: Table) -> Table:
    name = table.within("snapshot")
    query = f"select count(*), bit_xor(hash(rows)) from {name} as rows"  # noqa: S608
    return _counted(table, connection.execute(query))


def _counted(table: Table, result: duckdb.DuckDBPyConnection) -> Table:
    """The table with its rows as a result's first value tells them, not as estimated."""
    (rows, *_) = result.fetchone() or (0,)
    return msgspec.structs.replace(table, rows=rows)


def _copy(connection: duckdb.DuckDBPyConnection, tables: list[Table]) -> list[Table]:
    """In one transaction; a checkpoint moves the log into the file, so that the file is all."""
    copied = []
    connection.begin()
    for schema in dict.fromkeys(table.schema for table in tables):
        connection.execute(f"create schema snapshot.{_quoted(schema)}")
    for table in tables:
        name = table.within("snapshot")
        create = f"create table {name} as from {table.within('warehouse')}"
        copied.append(_counted(table, connection.execute(create)))
        if table.comment is not None:
            connection.execute(f"comment on table {name} is {_text(table.comment)}")
    served = {(table.schema, table.name) for table in tables}
    comments = connection.execute(_COLUMN_COMMENTS, {"schemas": SERVED_SCHEMAS}).fetchall()
    for schema, table_name, column, comment in comments:
        if (schema, table_name) in served:  # and no view's
            name = ".".join(map(_quoted, ("snapshot", schema, table_name, column)))
            connection.execute(f"comment on column {name} is {_text(comment)}")
    connection.commit()
    connection.execute("checkpoint snapshot")
    return copied


def _served(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    tables = _listed(connection, "warehouse")
    if not tables:
        raise BuildError("there is no Gold to publish: `hallmark build` makes it")
    return tables


def _listed(connection: duckdb.DuckDBPyConnection, database: str) -> list[Table]:
    values = {"database": database, "schemas": SERVED_SCHEMAS}
    return [Table(*row) for row in connection.execute(_TABLES, values).fetchall()]


@contextmanager
def _reading(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory with the warehouse attached, so that others may read it too."""
    with duckdb.connect() as connection:
        try:
            connection.execute(f"attach {_text(warehouse)} as warehouse (read_only)")
        except duckdb.Error as error:
            raise opening_error(error, warehouse) from error
        yield connection


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
