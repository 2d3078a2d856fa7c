"""Every table and file of a warehouse that a run has built, against what was promised of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.demo import copy, demo
from tests.e2e.runbook import run
from tests.promises import (
    HANDOFFS,
    SOURCES,
    Promise,
    compiled_models,
    entities,
    model_promises,
    pii_paths,
    raw_promises,
    raw_table,
)

RAW = list(raw_promises())
TOKEN = "tok_[0-9a-f]{32}"
LAYERS = {"silver", "gold", "activation"}


@dataclass(frozen=True)
class Built:
    """A data folder after a run, another right after it and one of a day's changes."""

    data: Path
    before: Path
    """The warehouse as the first run left it."""

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    @property
    def models(self) -> list[Promise]:
        return list(model_promises(self.manifest))

    @property
    def served(self) -> dict[str, Promise]:
        return {
            each.relation: each for each in self.models if not each.relation.startswith("silver.")
        }

    @property
    def manifest(self) -> Path:
        return self.data / "dbt" / "manifest.json"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def columns(self, relation: str) -> dict[str, str]:
        return {name: kind for name, kind, *_ in self.query(f"describe {relation}")}

    def files(self, pattern: str) -> list[Path]:
        found = sorted(self.data.glob(pattern))
        assert found, pattern
        return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    made = demo(tmp_path_factory)
    data = copy(made.last, tmp_path_factory.mktemp("compliance") / "data")
    return Built(data, made.first / "warehouse.duckdb")


def succeed(command: str) -> None:
    code, said = run(command)
    assert code == 0, said[-3000:]


@pytest.mark.parametrize("promise", RAW, ids=str)
def test_raw_is_what_the_contract_says(promise: Promise, built: Built) -> None:
    assert built.columns(promise.relation) == promise.columns
    (key,) = promise.key
    for column in {*promise.required, key, *HANDOFFS["raw"]}:
        query = f'select count(*) from {promise.relation} where "{column}" is null'
        assert (column, built.query(query)) == (column, [(0,)])


@pytest.mark.parametrize("promise", RAW, ids=str)
def test_raw_holds_a_version_once_and_of_completed_loads_alone(
    promise: Promise, built: Built
) -> None:
    (key,) = promise.key
    schema = promise.relation.partition(".")[0]
    again = f"""
        select "{key}" from {promise.relation}
        qualify _payload_sha256 = lag(_payload_sha256) over (
            partition by "{key}" order by _extracted_at, _dlt_load_id
        )
    """
    incomplete = f"""
        select _dlt_load_id from {promise.relation}
        where _dlt_load_id not in (select load_id from {schema}._dlt_loads where status = 0)
    """
    assert built.query(again) == []
    assert built.query(incomplete) == []


def test_raw_only_grows(built: Built) -> None:
    grown = 0
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        connection.execute(f"attach '{built.before}' as earlier (read_only)")
        for promise in RAW:
            lost = f"from earlier.{promise.relation} except all from {promise.relation}"
            assert connection.execute(lost).fetchall() == [], promise.relation
            more = f"from {promise.relation} except all from earlier.{promise.relation}"
            grown += len(connection.execute(more).fetchall())
    assert grown > 0


def pii() -> Iterator[tuple[str, str, str]]:
    for source in SOURCES:
        for entity in entities(source):
            for path in pii_paths(raw_table(source, entity)["properties"]):
                yield source, entity, path


@pytest.mark.parametrize(("source", "entity", "path"), list(pii()))
def test_personal_data_is_a_token(source: str, entity: str, path: str, built: Built) -> None:
    column, _, below = path.partition(".")
    value = f"json_extract_string(\"{column}\", '$.{below}')" if below else f'"{column}"'
    table = f"raw_{source}.{entity}"
    query = f"select {value} from {table} where not regexp_full_match({value}, '{TOKEN}') limit 3"
    assert built.query(query) == []


def test_some_tokens_were_made(built: Built) -> None:
    query = f"select count(*) from raw_payments.customers where regexp_matches(email, '{TOKEN}')"
    assert built.query(query) > [(0,)]


def test_every_model_is_what_its_contract_says(built: Built) -> None:
    assert {each.relation.partition(".")[0] for each in built.models} >= LAYERS
    for promise in built.models:
        assert (promise.relation, built.columns(promise.relation)) == (
            promise.relation,
            promise.columns,
        )


def test_no_model_breaks_its_keys_or_holds_a_null_where_none_may_be(built: Built) -> None:
    for promise in built.models:
        assert promise.key, f"{promise.relation} promises no key"
        checks = [f'count(*) filter ("{name}" is null)' for name in promise.required]
        key = ", ".join(f'"{name}"' for name in promise.key)
        checks.append(f"count(*) - count(distinct ({key}))")
        found = built.query(f"select {', '.join(checks)} from {promise.relation}")
        assert (promise.relation, set(found[0])) == (promise.relation, {0})


def test_nothing_is_built_that_no_contract_describes(built: Built) -> None:
    promised = {each.relation for each in built.models}
    tables = built.query("""
        select schema_name || '.' || table_name from duckdb_tables()
        where schema_name in ('gold', 'activation')
    """)
    assert {name for (name,) in tables} - promised == set()


@pytest.mark.parametrize("relation", HANDOFFS["relations"])
def test_control_views_have_what_is_promised(relation: str, built: Built) -> None:
    assert HANDOFFS["relations"][relation].items() <= built.columns(relation).items()


def test_the_ledger_balances_and_tells_of_every_row(built: Built) -> None:
    accounted = "deduplicated + unchanged + quarantined + loaded"
    assert built.query(f"from control.ledger where received <> {accounted}") == []
    for promise in RAW:
        source, entity = promise.relation.removeprefix("raw_").split(".")
        told = built.query(
            "select sum(loaded)::bigint from control.ledger"
            f" where source = '{source}' and entity = '{entity}'"
        )
        assert (entity, built.query(f"select count(*) from {promise.relation}")) == (entity, told)


def test_landed_partitions_are_whole_and_tell_what_they_are(built: Built) -> None:
    assert (built.data / "bronze").stat().st_mode & 0o777 == 0o700
    for sums in built.files("bronze/*/*/*/*/_checksums.json"):
        folder = sums.parent
        listed = {each["path"]: each for each in json.loads(sums.read_bytes())["files"]}
        assert {*listed, sums.name} == {each.name for each in folder.iterdir()}
        for name, each in listed.items():
            content = (folder / name).read_bytes()
            told = (each["size_bytes"], each["sha256"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == told
        metadata = json.loads((folder / "_metadata.json").read_bytes())
        assert set(HANDOFFS["files"]["landing"]) <= metadata.keys()
        place = "source={source}/entity={entity}/dt={dt}/run_id={run_id}".format(**metadata)
        assert str(folder).endswith(place)
        assert metadata["page_count"] == len(list(folder.glob("part-*")))


def test_every_raw_row_has_a_partition_that_landed(built: Built) -> None:
    landed = {each.parent.as_posix() for each in built.files("bronze/*/*/*/*/_checksums.json")}
    embedded = {"cycle_phases", "test_cases"}  # they land with what they come in
    for source in SOURCES:
        for entity in set(entities(source)) - embedded:
            runs = built.query(f"select distinct _dt, _run_id from raw_{source}.{entity}")
            for day, run_id in runs:
                place = f"bronze/source={source}/entity={entity}/dt={day}/run_id={run_id}"
                assert (built.data / place).as_posix() in landed


def test_watermarks_and_manifests_tell_of_the_runs(built: Built) -> None:
    for path in built.files("_state/watermarks/*.json"):
        assert list(json.loads(path.read_bytes())) == HANDOFFS["files"]["watermark"]
    for path in built.files("_state/manifests/run_*.json"):
        assert list(json.loads(path.read_bytes())["stages"]) == HANDOFFS["files"]["stages"]


def test_the_landing_makes_raw_again_without_the_api(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "data"
    shutil.copytree(built.data / "bronze", elsewhere / "bronze")
    monkeypatch.setenv("LOCAL_DATA_DIR", str(elsewhere))
    monkeypatch.setenv("PII__KEY", (built.data / "_state" / "pii.key").read_text().strip())
    for manifest in built.files("_state/manifests/run_*.json"):
        succeed(f"hallmark replay payments --run-id {manifest.stem.removeprefix('run_')}")
    with duckdb.connect(str(elsewhere / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{built.warehouse}' as original (read_only)")
        for entity in entities("payments"):
            columns = "select * exclude (_dlt_load_id)"
            query = f"{columns} from {{}}raw_payments.{entity} order by all"
            replayed = connection.execute(query.format("")).fetchall()
            assert replayed == connection.execute(query.format("original.")).fetchall(), entity


def test_staging_reads_only_what_is_contracted(built: Built) -> None:
    """Each model is planned over raw tables that have the contracted columns and no other."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute(f"attach '{built.warehouse}' as original (read_only)")
        for source in SOURCES:
            connection.execute(f"create schema warehouse.raw_{source}")
            for name, columns in HANDOFFS["records"].items():
                create(connection, f"raw_{source}.{name}", columns)
        for promise in RAW:
            create(connection, promise.relation, promise.columns)
        connection.execute("create schema warehouse.silver")
        for (name,) in built.query("select name from (show all tables) where schema = 'silver'"):
            empty = f"from original.silver.{name} limit 0"
            connection.execute(f"create table warehouse.silver.{name} as {empty}")
        compiled = compiled_models(built.manifest, "silver")
        assert compiled
        for sql in compiled.values():
            connection.execute(f"explain {sql}")


def create(connection: duckdb.DuckDBPyConnection, relation: str, columns: dict[str, str]) -> None:
    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"create table warehouse.{relation} ({listed})")


def test_a_plain_connection_reads_gold_from_the_snapshot_as_promised(built: Built) -> None:
    with duckdb.connect(str(built.data / "serve" / "current.duckdb"), read_only=True) as reader:
        for relation, promise in built.served.items():
            described = reader.execute(f"describe {relation}").fetchall()
            assert {name: kind for name, kind, *_ in described} == promise.columns


def test_each_pointer_leads_to_the_rows_that_were_validated(built: Built) -> None:
    newest = "select max(run_id) from control.gate_runs where outcome = 'passed'"
    pointers = built.files("_state/manifests/_latest/*.json")
    pointed = {}
    for path in pointers:
        pointer = json.loads(path.read_bytes())
        assert list(pointer) == HANDOFFS["files"]["pointer"]
        assert path.stem == pointer["model"]
        assert built.query(newest) == [(pointer["run_id"],)]
        with duckdb.connect(str(built.data / "serve" / pointer["snapshot"])) as reader:
            rows = reader.execute(f"select count(*) from {pointer['relation']}").fetchall()
        pointed[pointer["relation"]] = rows == [(pointer["row_count"],)]
    assert pointed == dict.fromkeys(built.served, True)
