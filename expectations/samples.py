"""A few rows of what failed, with nothing in them that could be personal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

import duckdb
from msgspec.structs import replace

from expectations.results import Check

ROWS = 5
COLUMNS = 12
LENGTH = 60
"""Characters of a value; a longer one is cut."""
_CODE = re.compile(r"[A-Za-z0-9_:.-]*[0-9_][A-Za-z0-9_:.-]*|[a-z]{1,20}")
"""An id, a token, a word of an enumeration: no spaces, no @, no capitalised name."""
_NUMBER_LIKE = re.compile(r"[0-9:.-]{9,}")
"""Digits alone, as many as a card or a telephone number has; ids and times are typed or shorter."""


def with_samples(connection: duckdb.DuckDBPyConnection, checks: Iterable[Check]) -> Iterator[Check]:
    """The checks; those that failed and have SQL with the first rows it finds.

    What a schema check found are names and types, which it tells itself.
    """
    for check in checks:
        if check.outcome == "failed" and check.sql and check.kind != "schema":
            yield replace(check, sample=_sample(connection, check.sql))
        else:
            yield check


def _sample(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, str]]:
    """No rows where the query breaks: then the check itself says why."""
    try:
        found = connection.execute(f"select * from (\n{sql}\n) order by all limit {ROWS}")  # noqa: S608
        names = [column[0] for column in found.description or []][:COLUMNS]
        rows = found.fetchall()
    except duckdb.Error:
        return []
    return [{name: shown(value) for name, value in zip(names, row, strict=False)} for row in rows]


def shown(value: object) -> str:
    """Numbers, times, ids and codes as they are, any other text as its length alone."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float | Decimal | date | datetime):
        return str(value)
    text = str(value)
    if not isinstance(value, str) or not _CODE.fullmatch(text) or _NUMBER_LIKE.fullmatch(text):
        return f"… ({len(text)} characters)"
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
