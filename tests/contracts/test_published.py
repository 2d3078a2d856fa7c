"""Published versions as documents: valid, the same each time, and read back whole."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from contracts_of import ANY, entity, of, table
from hypothesis import given
from jsonschema import Draft201909Validator  # type: ignore[import-untyped]

from contracts.contract import Contract
from contracts.odcs import FOLDER
from contracts.published import Published, file_of, read, text
from dlt_pipelines.errors import ConfigurationError

TODAY = date(2026, 11, 20)
DOCUMENTS = sorted((FOLDER / "published").rglob("*.yaml"))


@pytest.fixture(scope="module")
def odcs() -> Draft201909Validator:
    schema = files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    return Draft201909Validator(json.loads(schema))


def version(contract: Contract, number: int = 3) -> Published:
    return Published(number=number, status="active", contract=contract)


@given(ANY)
def test_a_version_is_read_back_as_it_was_written(contract: Contract) -> None:
    written = text(version(contract))
    assert read(written, Path("3.yaml"), TODAY) == version(contract)
    assert text(read(written, Path("3.yaml"), TODAY)) == written


def test_there_are_published_versions() -> None:
    assert {path.parts[-3] for path in DOCUMENTS} == {
        *("extraction", "raw", "silver", "gold", "activation")
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_a_published_version_is_valid_odcs_written_in_the_one_way(
    path: Path, odcs: Draft201909Validator
) -> None:
    document = path.read_text("utf-8")
    faults = [fault.message for fault in odcs.iter_errors(yaml.safe_load(document))]
    assert faults == []
    found = read(document, path, TODAY)
    assert text(found) == document
    assert path == FOLDER / "published" / file_of(found.contract.key, found.number)


@pytest.mark.parametrize(
    ("contract", "path"),
    [
        (of(entity()), "extraction/shop.orders/3.yaml"),
        (table(), "gold/fct_payments/3.yaml"),
        (table(version=2), "gold/fct_payments.v2/3.yaml"),
    ],
    ids=["an API's entity", "a model", "a later version of a model"],
)
def test_a_version_has_a_file_of_its_own(contract: Contract, path: str) -> None:
    assert file_of(contract.key, 3) == Path(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda written: written[:200],
        lambda written: written.replace("value: gold", "value: copper"),
        lambda written: written.replace("version: '3'", "version: three"),
        lambda written: "[",
        lambda written: "",
    ],
    ids=["cut off", "unknown layer", "no number", "no YAML", "empty"],
)
def test_what_is_no_published_version_is_refused_by_name(damage: object) -> None:
    written = damage(text(version(table())))  # type: ignore[operator]
    with pytest.raises(ConfigurationError, match=r"3\.yaml"):
        read(written, Path("3.yaml"), TODAY)
