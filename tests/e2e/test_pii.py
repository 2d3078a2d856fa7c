"""What a contract classifies as PII is in the landing and nowhere else."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from contracts.odcs import load_source
from dlt_pipelines.loading.pii import PREFIX
from expectations.pii import Finding, find_pii, text_columns
from scripts.mock_api.serve import SOURCES, subprocesses
from tests.e2e.conftest import KEY, WORLD, Apis
from tests.e2e.pii_search import inside, landed, leaks_in, pages, pii, pii_in_files, texts_of
from tests.e2e.workspace import Workspace

LAYERS = ("silver", "gold", "activation")
CARD = "4242424242424242"
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
            for row in landed(workspace.folder, source, host):
                for path, value in pii(entity.fields, inside(row, at), entity.name):
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
    found = leaks_in([bytes(page.body).decode() for page in pages(workspace.folder)], values)
    assert {path: found.get(path) for path in emails | names} == {
        path: values[path] for path in emails | names
    }
    assert numbers <= set(found)


@pytest.mark.parametrize("name", ["warehouse.duckdb", "dev.duckdb"])
def test_no_pii_value_is_in_a_table_or_view(
    name: str, workspace: Workspace, values: dict[str, set[str]]
) -> None:
    with duckdb.connect(str(workspace.folder / name), read_only=True) as connection:
        columns = text_columns(connection, _schemas(connection))
        assert len(columns) > 100
        for schema, table, column in columns:
            cells = connection.execute(
                f'select distinct "{column}"::varchar from "{schema}"."{table}"'
                f' where "{column}" is not null'
            ).fetchall()
            leaks = leaks_in([text for (text,) in cells], values)
            assert (schema, table, column, leaks) == (schema, table, column, {})


def _schemas(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute("select schema_name from duckdb_schemas() where not internal")
    return [name for (name,) in found.fetchall()]


@pytest.mark.parametrize("name", ["warehouse.duckdb", "dev.duckdb"])
def test_nothing_in_the_layers_looks_like_an_address_or_a_card(
    name: str, workspace: Workspace
) -> None:
    with duckdb.connect(str(workspace.folder / name), read_only=True) as connection:
        assert {schema for schema, _, _ in text_columns(connection, LAYERS)} >= {"silver", "gold"}
        assert find_pii(connection, LAYERS) == []


def test_nothing_in_a_report_looks_like_an_address_or_a_card(workspace: Workspace) -> None:
    reports = _reports(workspace)
    assert {each.suffix for each in reports} == {".html", ".md", ".json", ".xml"}
    assert pii_in_files(reports) == []


def test_an_address_and_a_card_planted_in_gold_and_in_a_report_are_found(
    workspace: Workspace, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    page = next(each for each in _reports(workspace) if each.name == report.name).read_text("utf-8")
    report.write_text(page.replace("</table>", f"<tr><td>{CARD}</td></tr></table>", 1), "utf-8")
    with duckdb.connect() as connection:
        warehouse = workspace.folder / "warehouse.duckdb"
        connection.execute(f"attach '{warehouse}' as warehouse (read_only); create schema gold")
        for table in ("dim_customers", "fct_payments"):
            connection.execute(f"create table gold.{table} as from warehouse.gold.{table}")
        (one,) = connection.execute("select min(charge_id) from gold.fct_payments").fetchall()
        planted = f"card {CARD} of ada@example.com"
        connection.execute("update gold.dim_customers set country = 'ada@example.com'")
        connection.execute(
            "update gold.fct_payments set failure_code = ? where charge_id = ?", [planted, *one]
        )
        (customers,) = connection.execute("select count(*) from gold.dim_customers").fetchall()[0]
        assert find_pii(connection, LAYERS) == [
            Finding("gold.dim_customers.country", "e-mail address", customers, "a***"),
            Finding("gold.fct_payments.failure_code", "e-mail address", 1, "a***"),
            Finding("gold.fct_payments.failure_code", "card number", 1, "4***"),
        ]
    assert pii_in_files([report]) == [Finding(str(report), "card number", 1, "4***")]


def _reports(workspace: Workspace) -> list[Path]:
    return [each for each in (workspace.folder / "reports").rglob("*") if each.is_file()]


def test_tokens_are_in_marked_columns_and_marked_columns_hold_tokens(workspace: Workspace) -> None:
    manifest = json.loads((workspace.folder / "dbt" / "manifest.json").read_bytes())
    marked = {
        (node["schema"], node["alias"], name)
        for node in manifest["nodes"].values()
        for name, column in node.get("columns", {}).items()
        if column["config"]["meta"].get("classification") == "pii"
    }
    with duckdb.connect(str(workspace.folder / "warehouse.duckdb"), read_only=True) as connection:
        for schema, table, column in text_columns(connection, LAYERS):
            values, tokens = connection.execute(
                f"select count(text), count(*) filter (contains(text, '{PREFIX}'))"
                f' from (select "{column}"::varchar as text from "{schema}"."{table}")'
            ).fetchall()[0]
            is_marked = (schema, table, column) in marked
            assert (schema, table, column, tokens) == (schema, table, column, values * is_marked)


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
            assert (file, leaks_in(texts_of(file), values)) == (file, {})


def test_no_pii_value_is_in_what_commands_say(
    workspace: Workspace, values: dict[str, set[str]]
) -> None:
    said = workspace.log.read_text("utf-8")
    assert "charges" in said
    assert leaks_in([said], values) == {}


def test_a_load_with_another_pii_key_is_refused_and_changes_nothing(workspace: Workspace) -> None:
    before = _contents(workspace.folder)
    process = workspace.start("hallmark", "load", *SOURCES, PII__KEY="another key, " + "x" * 32)
    assert process.wait(timeout=60) == 1
    assert "[CFG001]" in workspace.log.read_text("utf-8").splitlines()[-1]
    assert _contents(workspace.folder) == before


def _contents(folder: Path) -> dict[Path, str]:
    """The lock names the process that had it last."""
    files = [each for each in folder.rglob("*") if each.is_file() and each.suffix != ".lock"]
    return {each: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}
