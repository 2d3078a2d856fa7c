"""ODCS documents and JSON Schemas are the same promise in two languages."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator

from contracts.odcs_schema import OdcsError, document_of, schema_of
from dlt_pipelines.config import PROJECT_ROOT

HEAD = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "urn:x",
    "version": "1",
    "status": "active",
}
KINDS = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"])
WORDS = st.text("abc", min_size=1, max_size=2)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | st.lists(KINDS, min_size=1, max_size=2, unique=True),
            "format": st.sampled_from(["date", "date-time", "time", "email"]),
            "description": WORDS,
            "minLength": st.integers(0, 3),
            "minimum": st.integers(0, 3),
            "maxItems": st.integers(0, 3),
            "properties": st.dictionaries(WORDS, inner, max_size=3),
            "required": st.lists(WORDS, max_size=2, unique=True),
            "items": inner,
            "additionalProperties": st.booleans(),
            "const": st.none(),
            "x-odcs": st.just({"primaryKey": True}) | st.none(),
        },
    )


SCHEMAS = st.recursive(st.booleans() | schemas(st.booleans()), schemas, max_leaves=6)


@given(SCHEMAS)
@settings(max_examples=300, deadline=None)
def test_a_schema_comes_back_from_its_document_as_it_was(schema: Any) -> None:
    document = document_of(schema, HEAD, name="rows")
    again = schema_of(json.loads(json.dumps(document)))
    assert again == schema


@pytest.mark.parametrize("source", ["payments", "zephyr"])
def test_the_contracts_of_this_project_can_be_read(source: str) -> None:
    for path in (PROJECT_ROOT / "contracts" / source).glob("*.yaml"):
        document = yaml.safe_load(path.read_text("utf-8"))
        if document.get("kind") != "DataContract":
            continue
        schema = schema_of(document)
        assert isinstance(schema, dict)
        written = document["schema"][0]["properties"]
        assert list(schema["properties"]) == [field["name"] for field in written]
        assert schema["required"] == [each["name"] for each in written if each.get("required")]


def test_a_document_is_valid_odcs() -> None:
    text = files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "maxLength": 9},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "tags": {"type": ["array", "null"], "items": {"type": "string"}},
            "free": True,
        },
        "required": ["id"],
    }
    document = document_of(schema, HEAD, name="rows")
    Draft201909Validator(json.loads(text)).validate(document)
    fields = {each["name"]: each for each in document["schema"][0]["properties"]}
    assert fields["id"]["logicalType"] == "string" and fields["id"]["required"] is True
    assert fields["at"] == {"name": "at", "logicalType": "timestamp"}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({"kind": "Other"}, "/kind"),
        ({**HEAD, "schema": {}}, "/schema"),
        ({**HEAD, "schema": []}, "/schema"),
        ({**HEAD, "schema": ["x"]}, "/schema/0"),
        (
            {**HEAD, "schema": [{"properties": [{"logicalType": "string"}]}]},
            "/schema/0/properties/0/name",
        ),
        (
            {**HEAD, "schema": [{"properties": [{"name": "a", "logicalType": "uuid"}]}]},
            "/schema/0/properties/0/logicalType",
        ),
    ],
    ids=["list", "other-kind", "object-schema", "no-table", "text-table", "nameless", "bad-type"],
)
def test_what_is_no_document_is_refused_where_it_is_wrong(document: Any, path: str) -> None:
    with pytest.raises(OdcsError) as refused:
        schema_of(document)
    assert refused.value.path == path
