"""Looks for values that are known to be PII in whatever a run leaves."""

from __future__ import annotations

import gzip
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import msgspec
import pyarrow.parquet as pq

from contracts.odcs import Field
from dlt_pipelines.loading.pages import parse_page
from dlt_pipelines.loading.parts import Page, read_page
from expectations.pii import Finding, find_pii

_SEARCHED_EVERYWHERE = 6
"""Characters from which a value is looked for inside longer texts; shorter ones are whole cells."""
_MORE_THAN_CHANCE = 5
"""Short values of one field that must come together: single ones equal an id or an amount."""


def pages(folder: Path, source: str = "*", entity: str = "*") -> Iterator[Page]:
    for part in folder.glob(f"bronze/source={source}/entity={entity}/*/*/part-*"):
        yield read_page(part.read_bytes())


def landed(folder: Path, source: str, entity: str) -> Iterator[Any]:
    for page in pages(folder, source, entity):
        body = bytes(page.body)
        if body != b"null":  # as an empty answer is landed
            for row in parse_page(body, page.request):
                yield msgspec.json.decode(row)


def pii_in_files(files: Iterable[Path]) -> list[Finding]:
    """What in texts such as reports looks like an address or a card, whoever's it is."""
    found = []
    for file in files:
        with duckdb.connect() as connection:
            connection.execute("create schema files")
            read = "create table files.texts as select content from read_text($1)"
            connection.execute(read, [str(file)])
            found += [replace(each, where=str(file)) for each in find_pii(connection, ["files"])]
    return found


def inside(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def pii(fields: Sequence[Field], value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text below a field that is PII."""
    if isinstance(value, list):
        for each in value:
            yield from pii(fields, each, path)
    elif isinstance(value, dict):
        for field in fields:
            below = value.get(field.name)
            if field.pii:
                yield from _strings(below, f"{path}.{field.name}")
            else:
                yield from pii(field.fields, below, f"{path}.{field.name}")


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and len(value) >= 4:
        yield path, value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each, path)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _strings(each, f"{path}.{name}")


def leaks_in(texts: Sequence[str], values: dict[str, set[str]]) -> dict[str, set[str]]:
    """The values that stand in the texts, by the field they belong to.

    Only a value whose first characters stand there is looked for: thousands would take minutes.
    """
    whole = {leaf for text in texts for leaf in _leaves(text)}
    joined = "\n".join(texts)
    last = len(joined) - _SEARCHED_EVERYWHERE + 1
    starts = {joined[at : at + _SEARCHED_EVERYWHERE] for at in range(last)}
    leaks: dict[str, set[str]] = {}
    for path, found in values.items():
        long = {value for value in found if len(value) >= _SEARCHED_EVERYWHERE}
        leaked = {
            value
            for value in long
            if any(
                form[:_SEARCHED_EVERYWHERE] in starts and form in joined for form in _forms(value)
            )
        }
        short = (found - long) & whole
        if leaked or len(short) > _MORE_THAN_CHANCE:
            leaks[path] = leaked | short
    return leaks


def _leaves(text: str) -> Iterator[str]:
    """The text and, when it is JSON, every string in it."""
    yield text
    if text.startswith(("{", "[")):
        try:
            yield from (leaf for _, leaf in _strings(json.loads(text), ""))
        except ValueError:
            return


@cache
def _forms(value: str) -> set[str]:
    """A value as it is, and as JSON, HTML and URLs write it."""
    return {value, json.dumps(value)[1:-1], html.escape(value), quote(value)}


def texts_of(file: Path) -> list[str]:
    if file.suffix == ".parquet":
        columns = pq.read_table(file).to_pydict().values()
        return [value for column in columns for value in column if isinstance(value, str)]
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [data.decode("utf-8", "replace")]
