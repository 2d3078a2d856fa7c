"""A field that a contract begins to classify as PII must not stand in raw in clear from before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import duckdb
from msgspec import Struct

from contracts.odcs import Entity, Field, Source
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading.pii import PREFIX

_TOKEN = f"{PREFIX}[0-9a-f]{{32}}"
_TABLE = """
create schema if not exists control;
create table if not exists control.classified (
    source varchar not null,
    entity varchar not null,
    field varchar not null,
    since timestamptz not null
);
"""
_KNOWN = "select entity, field from control.classified where source = ?"
_FORGET = "delete from control.classified where source = ? and entity = ? and field = ?"
_REMEMBER = "insert into control.classified values (?, ?, ?, ?)"


class _Personal(Struct, frozen=True):
    """A PII field: its dotted name, its column, and where in the column's JSON it is."""

    name: str
    column: str
    path: str


def check_classified(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Looks for a field's values in raw once, when the contract begins to classify it as PII.

    Raises CFG001 naming the fields that raw holds in clear: it is append-only, and what was built
    on it has copies. `control.classified` has the fields that are known.
    """
    connection.execute(_TABLE)
    known = set(connection.execute(_KNOWN, [source.name]).fetchall())
    fields = {
        (entity.name, field.name): (entity, field)
        for entity in source.entities.values()
        for field in _personal(entity.fields)
    }
    fresh = [fields[each] for each in fields if each not in known]
    clear = [
        f"{entity.name}.{name}"
        for entity in source.entities.values()
        for name in _in_clear(connection, entity, [field for of, field in fresh if of is entity])
    ]
    if clear:
        raise ConfigurationError(
            "the contract classifies fields as PII that the warehouse holds in clear: build a new"
            " warehouse from the landing (docs/runbook.md, Rebuild raw), or take the classification"
            " back",
            fields=", ".join(clear),
        )
    for gone in known - fields.keys():
        connection.execute(_FORGET, [source.name, *gone])
    if fresh:
        now = datetime.now(UTC)
        rows = [[source.name, entity.name, field.name, now] for entity, field in fresh]
        connection.executemany(_REMEMBER, rows)


def _personal(fields: Sequence[Field]) -> Iterator[_Personal]:
    for field in fields:
        for name, path, inner in _walk(field, field.name, "$"):
            if inner.pii:
                yield _Personal(name, field.name, path)


def _walk(field: Field, name: str, path: str) -> Iterator[tuple[str, str, Field]]:
    """A field and all in it, each with its dotted name and its JSON path."""
    yield name, path, field
    inside = f"{path}[*]" if field.type == "array" else path
    for each in field.fields:
        yield from _walk(each, f"{name}.{each.name}", f'{inside}."{each.name}"')


def _in_clear(
    connection: duckdb.DuckDBPyConnection, entity: Entity, fields: Sequence[_Personal]
) -> list[str]:
    """Those of which the entity's table holds a value that is no token."""
    table = f'raw_{entity.source}."{entity.name}"'
    if not fields or connection.execute(f"select 1 from {table} limit 1").fetchone() is None:  # noqa: S608
        return []
    asked = ", ".join(f"coalesce(bool_or({_is_clear(each)}), false)" for each in fields)
    found = connection.execute(f"select {asked} from {table}").fetchone()  # noqa: S608
    return [each.name for each, is_clear in zip(fields, found or (), strict=True) if is_clear]


def _is_clear(field: _Personal) -> str:
    text = f'cast("{field.column}" as varchar)'
    if field.path == "$":
        return f"not regexp_full_match({text}, '{_TOKEN}')"
    whole = f"if(json_valid({text}), {text}, null)"  # else the object was a token as a whole
    value = f"json_extract_string({whole}, '{field.path}')"
    if "[*]" in field.path:
        clear = f"lambda each: not regexp_full_match(each, '{_TOKEN}')"
        return f"len(list_filter({value}, {clear})) > 0"
    return f"not regexp_full_match({value}, '{_TOKEN}')"
