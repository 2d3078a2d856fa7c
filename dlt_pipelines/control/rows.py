"""What a query finds, by the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import duckdb
import msgspec

T = TypeVar("T")
Values = Mapping[str, object] | Sequence[object]


def rows_of(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Values | None = None
) -> list[dict[str, Any]]:
    found = connection.execute(sql, values)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def records(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Values | None = None,
    *,
    kind: type[T],
) -> list[T]:
    """The rows as values of a Struct whose fields are the columns."""
    return msgspec.convert(rows_of(connection, sql, values), list[kind])  # type: ignore[valid-type]
