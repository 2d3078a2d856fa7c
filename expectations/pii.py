"""Looks for what must not be in a table: e-mail addresses and card numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Finding:
    """How many values of a column look like `kind`; `example` is masked."""

    where: str
    kind: str
    count: int
    example: str


@dataclass(frozen=True)
class _Kind:
    """`pattern` is RE2, its first group the value; `valid` is SQL over its `digits`.

    `hint` is what any text with such a value has, asked first because it costs little.
    """

    name: str
    hint: str
    pattern: str
    valid: str


_DIGIT = "cast(digits[place] as integer)"
_LUHN = f"""
list_sum([
    case
        when (length(digits) - place) % 2 = 0 then {_DIGIT}
        when {_DIGIT} > 4 then 2 * {_DIGIT} - 9
        else 2 * {_DIGIT}
    end
    for place in range(1, length(digits) + 1)
]) % 10 = 0
"""
_KINDS = (
    _Kind(
        "e-mail address",
        "contains(content, '@')",
        r"([\pL\pN._%+-]+@[\pL\pN](?:[\pL\pN-]*[\pL\pN])?(?:\.[\pL\pN-]*[\pL\pN])+)",
        "true",
    ),
    # 13 to 19 digits in one piece or in the groups that cards print, ISO/IEC 7812's first digits
    # of payment cards. Neither a part of a longer word nor of a decimal.
    _Kind(
        "card number",
        "regexp_matches(content, '[2-6][0-9]{3}[ -]?[0-9]{4}')",
        r"(?:^|[^\w.])([2-6](?:\d{12,18}|\d{3}(?:[ -]\d{4}){2}[ -]\d{1,7}|\d{3}[ -]\d{6}[ -]\d{5}))"
        r"(?:$|[^\w.]|\.(?:$|\D))",
        f"length(digits) between 13 and 19 and {_LUHN}",
    ),
)


def pattern_of(kind: str) -> str:
    """What texts look like that hold a value of this kind, as RE2; not all that do are one."""
    return next(each.pattern for each in _KINDS if each.name == kind)


def find_pii(connection: duckdb.DuckDBPyConnection, schemas: Sequence[str]) -> list[Finding]:
    """Every text column of the schemas' tables in which a value holds what looks like PII."""
    return [
        finding
        for schema, table, column in text_columns(connection, schemas)
        for finding in _search(
            connection,
            f"{schema}.{table}.{column}",
            f'select cast("{column}" as varchar) as content from "{schema}"."{table}"',  # noqa: S608
        )
    ]


def text_columns(
    connection: duckdb.DuckDBPyConnection, schemas: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Schema, table and name of each column of the schemas that holds text, in lists too."""
    return connection.execute(_TEXT_COLUMNS, [list(schemas)]).fetchall()


_TEXT_COLUMNS = """
select schema_name, table_name, column_name
from duckdb_columns()
where
    not internal
    and database_name = current_database()
    and list_contains($1, schema_name)
    and regexp_matches(data_type, 'VARCHAR|JSON|BLOB')
order by schema_name, table_name, column_index
"""


def _search(connection: duckdb.DuckDBPyConnection, where: str, contents: str) -> Iterator[Finding]:
    for kind in _KINDS:
        sql = _FOUND.format(
            contents=contents, hint=kind.hint, pattern=kind.pattern, valid=kind.valid
        )
        count, example = connection.execute(sql).fetchall()[0]
        if count:
            yield Finding(where, kind.name, count, f"{example[0]}***")


_FOUND = """
select count(*), min(value)
from (
    select value, regexp_replace(value, '[^0-9]', '', 'g') as digits
    from (
        select unnest(regexp_extract_all(content, '{pattern}', 1)) as value
        from ({contents})
        where {hint}
    )
)
where {valid}
"""
