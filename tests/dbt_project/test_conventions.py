"""The house rules for models, read from the manifest that dbt itself makes of the project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.odcs import load_source

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "dbt_project" / "models"
SOURCES = ("payments", "zephyr")

NAMES = {
    "silver": re.compile("rejects"),
    "silver/payments": re.compile(r"(stg|scd)_payments__[a-z_]+"),
    "silver/zephyr": re.compile(r"(stg|scd)_zephyr__[a-z_]+"),
    "gold/payments": re.compile(r"(dim|fct|rpt)_[a-z_]+|int_payments__[a-z_]+"),
    "gold/testing": re.compile(r"(dim|fct|rpt)_[a-z_]+|int_testing__[a-z_]+"),
    "activation/payments": re.compile(r"pub_[a-z_]+"),
    "activation/testing": re.compile(r"pub_[a-z_]+"),
}
COMPUTES = re.compile(
    r"\b(join|group by|union|case|over|coalesce|nullif)\b|\S+ (=|!=|<|>) \S+ as \w+", re.IGNORECASE
)

Node = dict[str, Any]


@pytest.fixture(scope="module")
def built(models: list[Node]) -> list[Node]:
    """The models that are relations of their own."""
    return [model for model in models if model["config"]["materialized"] != "ephemeral"]


def folder_of(model: Node) -> str:
    return Path(model["original_file_path"]).parent.relative_to("dbt_project/models").as_posix()


def columns_without(model: Node, key: str) -> list[str]:
    columns = model["columns"].values()
    return [f"{model['name']}.{column['name']}" for column in columns if not column.get(key)]


def test_every_folder_has_its_prefix(models: list[Node]) -> None:
    wrong = [
        model["name"] for model in models if not NAMES[folder_of(model)].fullmatch(model["name"])
    ]
    assert wrong == []


def test_schemas_are_named_exactly_after_their_layer(models: list[Node]) -> None:
    wrong = [model["name"] for model in models if model["schema"] != folder_of(model).split("/")[0]]
    assert wrong == []


def test_every_model_has_its_yaml_beside_it(models: list[Node]) -> None:
    beside = {
        model["name"]: Path(model["original_file_path"]).with_name(f"{model['name']}.yml")
        for model in models
    }
    patches = {
        model["name"]: (model["patch_path"] or "").removeprefix("hallmark://") for model in models
    }
    assert patches == {name: path.as_posix() for name, path in beside.items()}


@pytest.mark.parametrize(("suffix", "most"), [("sql", 80), ("yml", 150)])
def test_every_model_and_its_yaml_can_be_read_at_once(suffix: str, most: int) -> None:
    lines = {
        path.name: len(path.read_text().splitlines()) for path in MODELS.glob(f"**/*.{suffix}")
    }
    assert lines
    assert {name: count for name, count in lines.items() if count > most} == {}


def test_every_incremental_model_says_what_is_replaced_and_what_a_new_column_does(
    models: list[Node],
) -> None:
    configs = {model["name"]: model["config"] for model in models}
    incremental = {
        name: config for name, config in configs.items() if config["materialized"] == "incremental"
    }
    wrong = [
        name
        for name, config in incremental.items()
        if not config["unique_key"]
        or config["on_schema_change"] not in ("fail", "append_new_columns")
    ]
    assert incremental
    assert wrong == []


def test_every_source_says_how_fresh_it_must_be(manifest: Node) -> None:
    stale = [
        table["name"]
        for table in manifest["sources"].values()
        if not (table["freshness"] and table["freshness"]["error_after"]["count"])
        or not table["loaded_at_query"]
    ]
    assert {name for name in stale if not name.startswith("_")} == set()


def test_every_description_opens_with_the_grain(models: list[Node]) -> None:
    wrong = [
        model["name"] for model in models if not model["description"].startswith("One row per ")
    ]
    assert wrong == []


def test_every_contract_is_enforced(built: list[Node]) -> None:
    wrong = [model["name"] for model in built if not model["config"]["contract"]["enforced"]]
    assert wrong == []


def test_every_contract_names_a_primary_key(built: list[Node]) -> None:
    keyed = [
        model["name"]
        for model in built
        for holder in (model, *model["columns"].values())
        if any(constraint["type"] == "primary_key" for constraint in holder["constraints"])
    ]
    assert sorted(keyed) == sorted(model["name"] for model in built)


def test_what_promises_nothing_is_read_by_its_own_group_alone(models: list[Node]) -> None:
    """An ephemeral model is part of those that read it: dbt cannot enforce a contract of it."""
    ephemeral = [model for model in models if model["config"]["materialized"] == "ephemeral"]
    wrong = [
        model["name"]
        for model in ephemeral
        if model["access"] != "private" or model["config"]["contract"]["enforced"]
    ]
    assert ephemeral
    assert wrong == []


@pytest.mark.parametrize("key", ["data_type", "description"])
def test_every_column_is_documented(models: list[Node], key: str) -> None:
    assert [column for model in models for column in columns_without(model, key)] == []


def test_only_staging_reads_sources(models: list[Node]) -> None:
    readers = {
        model["name"]
        for model in models
        if any(node.startswith("source.") for node in model["depends_on"]["nodes"])
    }
    assert readers == {
        model["name"]
        for model in models
        if model["name"].startswith(("stg_", "scd_")) or model["name"] == "rejects"
    }


def test_every_model_that_computes_has_a_unit_test(manifest: Node, models: list[Node]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    computing = {model["name"] for model in models if COMPUTES.search(model["raw_code"])}
    assert computing - tested == set()


@pytest.mark.parametrize("source", SOURCES)
def test_every_contracted_entity_has_a_source_and_a_staging_model(
    manifest: Node, models: list[Node], source: str
) -> None:
    entities = yaml.safe_load((ROOT / "contracts" / source / "contract.yaml").read_text())[
        "entities"
    ]
    tables = {
        table["name"]
        for table in manifest["sources"].values()
        if table["source_name"] == f"raw_{source}"
    }
    staged = {model["name"] for model in models if model["name"].startswith(f"stg_{source}__")}
    staged.discard(f"stg_{source}__loads")
    assert tables == {*entities, "_dlt_loads", "_deletions"}
    assert staged == {f"stg_{source}__{entity}" for entity in entities}


def test_staging_accepts_the_values_that_the_contracts_list(models: list[Node]) -> None:
    listed = {
        f"stg_{source}__{entity.name}.{field.name}": set(field.values)
        for source in SOURCES
        for entity in load_source(source).entities.values()
        for field in entity.fields
        if field.values
    }
    accepted = {
        f"{model['name']}.{column['name']}": set(test["accepted_values"]["arguments"]["values"])
        for model in models
        for column in yaml_of(model)["columns"]
        for test in column.get("data_tests", [])
        if "accepted_values" in test
    }
    shared = listed.keys() & accepted.keys()
    assert shared
    assert {name: accepted[name] for name in shared} == {name: listed[name] for name in shared}


def yaml_of(model: Node) -> Node:
    path = ROOT / model["patch_path"].removeprefix("hallmark://")
    (content,) = yaml.safe_load(path.read_text())["models"]
    return dict(content)


def test_every_singular_test_says_when_it_fails() -> None:
    tests = ROOT / "dbt_project" / "tests"
    paths = sorted(set(tests.rglob("*.sql")) - set(tests.glob("generic/*")))
    assert paths
    wrong = [path.name for path in paths if not path.name.startswith("assert_")]
    silent = [path.name for path in paths if not path.read_text().startswith("-- Fails if ")]
    assert (wrong, silent) == ([], [])
