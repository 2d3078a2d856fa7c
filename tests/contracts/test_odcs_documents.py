"""The contract documents are valid ODCS 3.1, and complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator  # type: ignore[import-untyped]

from contracts.diff import walk as walk_fields
from contracts.odcs import load_entity

CONTRACTS = Path(__file__).parents[2] / "contracts"
SOURCES = sorted(path.parent for path in CONTRACTS.glob("*/contract.yaml"))
DOCUMENTS = [
    path
    for source in SOURCES
    for path in sorted(source.glob("*.yaml"))
    if not path.name.endswith("contract.yaml")
]

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: f"{path.parent.name}.{path.stem}"
)


@pytest.fixture(scope="module")
def odcs() -> Draft201909Validator:
    text = files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    return Draft201909Validator(json.loads(text))


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return document


def walk(
    properties: list[dict[str, Any]], prefix: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property with its dotted path, nested ones too."""
    for one in properties:
        path = f"{prefix}{one['name']}"
        yield path, one
        yield from walk(one.get("properties", []), f"{path}.")


def test_there_are_sources_to_check() -> None:
    assert SOURCES


@each_document
def test_a_document_is_valid_odcs(path: Path, odcs: Draft201909Validator) -> None:
    faults = [f"{fault.json_path}: {fault.message}" for fault in odcs.iter_errors(read(path))]
    assert faults == []


@each_document
def test_every_property_is_described(path: Path) -> None:
    (table,) = read(path)["schema"]
    silent = [name for name, one in walk(table["properties"]) if not one.get("description")]
    assert silent == []


@each_document
def test_the_name_is_the_file_stem(path: Path) -> None:
    document = read(path)
    (table,) = document["schema"]
    assert {document["name"], table["name"], table["physicalName"]} == {path.stem}
    assert document["id"] == f"urn:hallmark:{path.parent.name}:{path.stem}"


@each_document
def test_exactly_one_property_is_the_primary_key(path: Path) -> None:
    (table,) = read(path)["schema"]
    keys = [name for name, one in walk(table["properties"]) if one.get("primaryKey")]
    assert len(keys) == 1


@each_source
def test_the_source_lists_the_entities_it_has_files_for(source: Path) -> None:
    entities = read(source / "contract.yaml")["entities"]
    assert sorted(entities) == [path.stem for path in DOCUMENTS if path.parent == source]


@each_document
def test_an_ignored_field_is_uncontracted_and_stands_where_fields_are_listed(path: Path) -> None:
    entity = load_entity(path, path.parent.name)
    contracted = {place.field: field for place, field in walk_fields(entity.fields)}
    parents = {name.rpartition(".")[0] for name in entity.ignored} - {""}
    assert not contracted.keys() & set(entity.ignored)
    assert [name for name in parents if name not in contracted or not contracted[name].fields] == []
