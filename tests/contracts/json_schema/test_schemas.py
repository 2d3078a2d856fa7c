"""What is a schema, and what is refused."""

from __future__ import annotations

import json

import pytest

from contracts.json_schema import Draft, SchemaError, parse_schema, schema_of


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        (b"{", "not_json", ""),
        (b"\xff", "not_json", ""),
        (b"NaN", "not_json", ""),
        (b'{"minimum": Infinity}', "not_json", ""),
        (b"1", "not_a_schema", ""),
        (b"[]", "not_a_schema", ""),
        (b'{"type": "text"}', "not_a_schema", "/type"),
        (b'{"properties": {"a": {"minLength": -1}}}', "not_a_schema", "/properties/a/minLength"),
        (b'{"type": "string", "type": "null"}', "duplicate_key", ""),
        (b'{"const": "\\ud800"}', "lone_surrogate", "/const"),
        (b'{"maximum": 1e99999}', "number_out_of_range", "/maximum"),
        (b'{"pattern": "("}', "bad_pattern", "/pattern"),
        (b'{"pattern": "(a{1000}){1000}"}', "bad_pattern", "/pattern"),
        (b'{"$schema": "http://x.test/draft"}', "unknown_draft", "/$schema"),
        (b'{"$ref": "http://x.test/a"}', "remote_ref", ""),
        (b'{"properties": {"a": {"$ref": "file:///etc/passwd"}}}', "remote_ref", ""),
        (b'{"$ref": "#/definitions/a"}', "unresolvable_ref", ""),
        (b'{"$ref": "#a"}', "unresolvable_ref", ""),
        (b'{"$ref": "#/x", "x": {"not": {"$ref": "#/y"}}, "y": {"items": 5}}', "not_a_schema", ""),
        (b'{"$ref": "#"}', "endless_ref", ""),
        (b'{"allOf": [{"not": {"$ref": "#"}}]}', "endless_ref", ""),
        (b"[" * 10_000, "too_deep", ""),
        (b'{"not":' * 10_000 + b"{}" + b"}" * 10_000, "too_deep", ""),
        (b'{"title": "' + b"a" * 2**20 + b'"}', "too_large", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_schema_is_refused_with_its_code(text: bytes, code: str, path: str) -> None:
    with pytest.raises(SchemaError) as refused:
        parse_schema(text)
    assert (refused.value.code, refused.value.path) == (code, path)
    assert refused.value.message


def test_a_value_that_is_nested_too_deep_is_refused() -> None:
    value: object = {}
    for _ in range(10_000):
        value = {"not": value}
    with pytest.raises(SchemaError, match="deeper than"):
        schema_of(value)


def test_no_draft_declared_is_draft_7() -> None:
    assert parse_schema(b"{}").draft is Draft.DRAFT_7
    assert parse_schema(b"true").draft is Draft.DRAFT_7


def test_a_recursion_through_the_document_is_no_endless_reference() -> None:
    assert parse_schema(b'{"properties": {"next": {"$ref": "#"}}}').value


def test_the_same_schema_has_the_same_hash_whatever_the_order_of_its_keys() -> None:
    one = parse_schema(b'{"type": "object", "properties": {"a": {}, "b": {"maximum": 1.50}}}')
    other = parse_schema(b'{"properties":{"b":{"maximum":1.5},"a":{}},"type":"object"}')
    assert one.sha256 == other.sha256
    assert one.sha256 != parse_schema(b'{"type": "object"}').sha256


def test_exact_numbers_survive() -> None:
    text = b'{"const":9007199254740993,"maximum":0.1000000000000000000000000001}'
    assert parse_schema(text).canonical == text


@pytest.mark.parametrize("levels", [50, 99])
def test_a_hundred_levels_are_taken(levels: int) -> None:
    text = '{"properties":{"a":' * levels + "{}" + "}}" * levels
    assert parse_schema(text.encode()).value == json.loads(text)
