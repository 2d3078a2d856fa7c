"""Documents against schemas of every draft, and documents that mean harm."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.json_schema import Violation, schema_of, validate
from tests.contracts.json_schema.strategies import URIS


@pytest.mark.parametrize(
    ("draft", "schema", "document", "fits"),
    [
        (4, {"type": "integer"}, b"1.0", False),
        (6, {"type": "integer"}, b"1.0", True),
        (4, {"maximum": 3, "exclusiveMaximum": True}, b"3", False),
        (6, {"exclusiveMaximum": 3}, b"3", False),
        (4, {"const": 1}, b"2", True),
        (6, {"if": True, "then": False}, b"2", True),
        (7, {"if": True, "then": False}, b"2", False),
        (7, {"$ref": "#/definitions/a", "maximum": 1, "definitions": {"a": {}}}, b"2", True),
        (2019, {"$ref": "#/$defs/a", "maximum": 1, "$defs": {"a": {}}}, b"2", False),
        (7, {"items": [{"type": "string"}]}, b"[1]", False),
        (2020, {"prefixItems": [{"type": "string"}]}, b"[1]", False),
        (7, {"prefixItems": [{"type": "string"}]}, b"[1]", True),
        (2019, {"dependentRequired": {"a": ["b"]}}, b'{"a": 1}', False),
        (7, {"dependencies": {"a": ["b"]}}, b'{"a": 1}', False),
        (2019, {"contains": {}, "minContains": 2}, b"[1]", False),
        (
            2020,
            {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False},
            b'{"a": 1}',
            True,
        ),
        (7, {"format": "date"}, b'"no date"', True),
        (7, {"contentEncoding": "base64", "contentMediaType": "application/json"}, b'"{"', True),
        (7, {"multipleOf": 0.01}, b"19.99", True),
        (7, {"maximum": 9007199254740992}, b"9007199254740993", False),
        (7, {"enum": [1]}, b"true", False),
        (7, {"uniqueItems": True}, b"[1, 1.0]", False),
    ],
    ids=lambda value: str(value) if isinstance(value, int | bytes) else "",
)
def test_a_document_is_held_against_the_draft_declared(
    draft: int, schema: dict[str, Any], document: bytes, fits: bool
) -> None:
    declared = schema_of({"$schema": URIS[draft], **schema})
    assert (validate(declared, document) == []) is fits


def test_a_violation_says_where() -> None:
    schema = schema_of({"properties": {"a/b": {"items": {"type": "integer"}}}})
    (found,) = validate(schema, {"a/b": [1, "x"]})
    assert found.path == "/a~1b/1"
    assert "integer" in found.message


def test_a_message_does_not_repeat_the_document() -> None:
    schema = schema_of({"properties": {"mail": {"type": "integer"}, "name": {"maxLength": 3}}})
    found = validate(schema, {"mail": "ada@example.com", "name": "Ada Lovelace"})
    assert len(found) == 2
    assert not any("ada" in each.message.lower() for each in found)


_DOUBLING = {
    "definitions": {
        "n": {"type": "object", "properties": {"a": {"allOf": [{"$ref": "#/definitions/n"}] * 2}}}
    },
    "$ref": "#/definitions/n",
}


def _chain(levels: int, end: Any) -> Any:
    for _ in range(levels):
        end = {"a": end}
    return end


@pytest.mark.parametrize(
    ("schema", "document", "fits"),
    [
        ({"pattern": "^(a+)+$"}, "a" * 5_000 + "b", False),
        ({"pattern": "^(?=(a+)+b)(a|aa)+$"}, "a" * 5_000, False),
        ({"maximum": 1}, b"1e400", False),
        ({"maximum": 1}, b"1e4000000", False),
        ({"multipleOf": 1e-300}, b"1.5", True),
        ({"type": "integer"}, 2**10_000, True),
        ({}, b"[" * 100_000, False),
        ({}, b"[" * 1_000 + b"]" * 1_000, False),
        ({}, b'"\\ud800"', False),
        ({}, b'{"a": 1, "a": 2}', False),
        ({}, b"NaN", False),
        ({"uniqueItems": True}, [{"a": at} for at in range(20_000)], True),
        (_DOUBLING, _chain(30, {}), True),
        (_DOUBLING, _chain(30, 1), False),
    ],
    ids=[
        *("backtracking", "look-ahead", "1e400", "1e4000000", "tiny divisor", "huge integer"),
        *("never closed", "deep", "surrogate", "twice", "nan", "unique", "doubling", "doubled"),
    ],
)
def test_documents_that_mean_harm_are_answered(
    schema: dict[str, Any], document: Any, fits: bool
) -> None:
    assert (validate(schema_of(schema), document) == []) is fits


def test_where_references_multiply_a_violation_still_says_where() -> None:
    found = validate(schema_of(_DOUBLING), _chain(30, 1))
    assert found[0] == Violation("/a" * 30, "does not meet type")
