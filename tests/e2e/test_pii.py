"""What a contract classifies as PII is in the landing and nowhere else."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import msgspec
import pyarrow.parquet as pq
import pytest

from contracts.odcs import Field, load_source
from dlt_pipelines.loading.landing import Page, read_page
from dlt_pipelines.loading.pages import parse_page
from scripts.mock_api.serve import SOURCES, subprocesses
from tests.e2e.conftest import KEY, WORLD, Apis
from tests.e2e.workspace import Workspace

_SEARCHED_EVERYWHERE = 6
"""Characters from which a value is looked for inside longer texts; shorter ones are whole cells."""
_MORE_THAN_CHANCE = 5
"""Short values of one field that must come together: single ones equal an id or an amount."""
_NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


@pytest.fixture(scope="module")
def apis() -> Iterator[Apis]:
    with subprocesses(WORLD, key=KEY) as urls:
        yield Apis(urls)


@pytest.fixture(scope="module")
def workspace(apis: Apis, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """After a run of everything, and what an analyst builds."""
    workspace = Workspace(tmp_path_factory.mktemp("pii") / "data", apis)
    workspace.finish(workspace.start("hallmark", "run"))
    target, logs = str(workspace.folder / "target"), str(workspace.folder / "logs")
    folders = ("--target-path", target, "--log-path", logs)
    workspace.finish(workspace.start("dbt", "build", *folders, *_NO_TESTS))
    return workspace


@pytest.fixture(scope="module")
def values(workspace: Workspace) -> dict[str, set[str]]:
    """Every PII value in the pages as they came, by entity and path."""
    found: dict[str, set[str]] = defaultdict(set)
    for source in SOURCES:
        for entity in load_source(source).entities.values():
            host = entity.embedded.entity if entity.embedded else entity.name
            at = entity.embedded.at.split(".") if entity.embedded else []
            for row in _landed(workspace.folder, source, host):
                for path, value in _pii(entity.fields, _inside(row, at), entity.name):
                    found[path].add(value)
    return found


def test_the_search_finds_the_pii_in_the_pages(
    workspace: Workspace, values: dict[str, set[str]]
) -> None:
    emails = {"customers.email", "charges.billing_details.email", "projects.members.email"}
    names = {"customers.name", "invoices.customer_name", "executions.testerIdName"}
    numbers = {"customers.phone", "charges.payment_method_details.card.last4"}
    assert emails | names | numbers <= set(values)
    assert all(len(values[path]) > 5 for path in emails | names | numbers)
    found = _leaks([bytes(page.body).decode() for page in _pages(workspace.folder)], values)
    assert {path: found.get(path) for path in emails | names} == {
        path: values[path] for path in emails | names
    }
    assert numbers <= set(found)


@pytest.mark.parametrize("name", ["warehouse.duckdb", "dev.duckdb"])
def test_no_pii_value_is_in_a_table_or_view(
    name: str, workspace: Workspace, values: dict[str, set[str]]
) -> None:
    with duckdb.connect(str(workspace.folder / name), read_only=True) as connection:
        columns = connection.execute(_TEXT_COLUMNS).fetchall()
        assert len(columns) > 100
        for schema, table, column in columns:
            cells = connection.execute(
                f'select distinct "{column}"::varchar from "{schema}"."{table}"'
                f' where "{column}" is not null'
            ).fetchall()
            leaks = _leaks([text for (text,) in cells], values)
            assert (schema, table, column, leaks) == (schema, table, column, {})


_TEXT_COLUMNS = """
select schema_name, table_name, column_name
from duckdb_columns()
where not internal and database_name = current_database()
    and regexp_matches(data_type, 'VARCHAR|JSON|BLOB')
"""


_SEARCHED_AS_TABLES = {".duckdb", ".wal"}


def test_no_pii_value_is_in_a_file_outside_the_landing(
    workspace: Workspace, values: dict[str, set[str]]
) -> None:
    landing = workspace.folder / "bronze"
    files = [each for each in workspace.folder.rglob("*") if each.is_file()]
    outside = [each for each in files if landing not in each.parents]
    assert {".parquet", ".html", ".json", ".log", ".pickle"} <= {each.suffix for each in outside}
    for file in outside:
        if file.suffix not in _SEARCHED_AS_TABLES:
            assert (file, _leaks(_texts(file), values)) == (file, {})


def test_no_pii_value_is_in_what_commands_say(
    workspace: Workspace, values: dict[str, set[str]]
) -> None:
    said = workspace.log.read_text("utf-8")
    assert "charges" in said
    assert _leaks([said], values) == {}


def test_a_load_with_another_pii_key_is_refused_and_changes_nothing(workspace: Workspace) -> None:
    before = _contents(workspace.folder)
    process = workspace.start("hallmark", "load", *SOURCES, PII__KEY="another key, " + "x" * 32)
    assert process.wait(timeout=60) == 1
    assert "[CFG001]" in workspace.log.read_text("utf-8").splitlines()[-1]
    assert _contents(workspace.folder) == before


def _pages(folder: Path, source: str = "*", entity: str = "*") -> Iterator[Page]:
    for part in folder.glob(f"bronze/source={source}/entity={entity}/*/*/part-*"):
        yield read_page(part.read_bytes())


def _landed(folder: Path, source: str, entity: str) -> Iterator[Any]:
    for page in _pages(folder, source, entity):
        body = bytes(page.body)
        if body != b"null":  # as an empty answer is landed
            for row in parse_page(body, page.request):
                yield msgspec.json.decode(row)


def _inside(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _pii(fields: Sequence[Field], value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text below a field that is PII."""
    if isinstance(value, list):
        for each in value:
            yield from _pii(fields, each, path)
    elif isinstance(value, dict):
        for field in fields:
            below = value.get(field.name)
            if field.pii:
                yield from _strings(below, f"{path}.{field.name}")
            else:
                yield from _pii(field.fields, below, f"{path}.{field.name}")


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and len(value) >= 4:
        yield path, value
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each, path)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _strings(each, f"{path}.{name}")


def _leaks(texts: Sequence[str], values: dict[str, set[str]]) -> dict[str, set[str]]:
    """The values that stand in the texts, by the field they belong to.

    Only a value whose first characters stand there is looked for: thousands would take minutes.
    """
    whole = {leaf for text in texts for leaf in _leaves(text)}
    joined = "\n".join(texts)
    last = len(joined) - _SEARCHED_EVERYWHERE + 1
    starts = {joined[at : at + _SEARCHED_EVERYWHERE] for at in range(last)}
    leaks = {}
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


def _texts(file: Path) -> list[str]:
    if file.suffix == ".parquet":
        columns = pq.read_table(file).to_pydict().values()
        return [value for column in columns for value in column if isinstance(value, str)]
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [data.decode("utf-8", "replace")]


def _contents(folder: Path) -> dict[Path, str]:
    """The lock names the process that had it last."""
    files = [each for each in folder.rglob("*") if each.is_file() and each.suffix != ".lock"]
    return {each: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
