"""Verdicts of the tables, and what a verdict says."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.json_schema import Budget, compare, schema_of, validate
from tests.contracts.json_schema.pairs import Pair, pairs


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_a_known_pair_is_decided(pair: Pair) -> None:
    verdict = compare(schema_of(pair.base), schema_of(pair.new))
    answers = {verdict.backward.holds, verdict.forward.holds}
    if pair.holds == "unsure":
        assert verdict.classification != "both"
    else:
        assert verdict.classification == pair.holds
        assert "unknown" not in answers


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_a_refutation_has_an_example_that_both_schemas_confirm(pair: Pair) -> None:
    base, new = schema_of(pair.base), schema_of(pair.new)
    verdict = compare(base, new)
    sides = ((verdict.backward, base, new), (verdict.forward, new, base))
    for direction, inner, outer in sides:
        if direction.holds == "no":
            assert not validate(inner, direction.example)
            assert validate(outer, direction.example)


def _rules(base: Any, new: Any, **options: Any) -> dict[str, tuple[str, str]]:
    verdict = compare(schema_of(base), schema_of(new), **options)
    return {change.rule: (change.path, change.breaks) for change in verdict.changes}


_A = {"type": "object", "properties": {"a": {"type": "string"}}}
_CLOSED = {**_A, "additionalProperties": False}


@pytest.mark.parametrize(
    ("base", "new", "rule", "path", "breaks"),
    [
        ({"type": "integer"}, {"type": "number"}, "type_widened", "", "forward"),
        ({"type": "number"}, {"type": "integer"}, "type_narrowed", "", "backward"),
        ({"type": "string"}, {"type": "integer"}, "type_changed", "", "both"),
        (_A, {**_A, "required": ["a"]}, "made_required", "/a", "backward"),
        ({**_A, "required": ["a"]}, _A, "made_optional", "/a", "forward"),
        ({"type": "object"}, _A, "property_added_to_open_content_model", "/a", "backward"),
        (_A, {"type": "object"}, "property_removed_from_open_content_model", "/a", "forward"),
        (
            {"additionalProperties": False},
            {"properties": {"a": {}}, "additionalProperties": False},
            "property_added_to_closed_content_model",
            "/a",
            "forward",
        ),
        (_A, _CLOSED, "additional_properties_narrowed", "", "backward"),
        (
            {"additionalProperties": {"type": "integer"}},
            {"properties": {"a": {"type": "number"}}, "additionalProperties": {"type": "integer"}},
            "property_added_is_covered_by_partially_open_content_model_widened",
            "/a",
            "forward",
        ),
        ({"enum": [1, 2]}, {"enum": [1]}, "enum_value_removed", "", "backward"),
        ({"enum": [1]}, {"enum": [1, 2]}, "enum_value_added", "", "forward"),
        ({"minimum": 1}, {"minimum": 2}, "minimum_increased", "", "backward"),
        ({"maxLength": 1}, {"maxLength": 2}, "max_length_increased", "", "forward"),
        ({"multipleOf": 0.3}, {"multipleOf": 0.1}, "multiple_of_reduced", "", "forward"),
        ({"pattern": "^a"}, {"pattern": "^b"}, "pattern_changed", "", "both"),
        ({"format": "date"}, {"format": "uuid"}, "format_changed", "", "nothing"),
        ({"title": "a"}, {"title": "b"}, "title_changed", "", "nothing"),
        (
            {"items": {"type": "number"}},
            {"items": {"type": "integer"}},
            "type_narrowed",
            "",
            "backward",
        ),
        (
            {"anyOf": [{"type": "string"}]},
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "any_of_widened",
            "",
            "forward",
        ),
        (
            {"properties": {"x/y": {"type": "string"}}},
            {"properties": {"x/y": {"type": "null"}}},
            "type_changed",
            "/x~1y",
            "both",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_a_change_names_its_rule_and_what_it_breaks(
    base: Any, new: Any, rule: str, path: str, breaks: str
) -> None:
    assert _rules(base, new)[rule] == (path, breaks)


def test_a_change_of_a_definition_is_told_at_each_place_that_uses_it() -> None:
    def schema(kind: str) -> Any:
        uses = {name: {"$ref": "#/definitions/m"} for name in ("a", "b")}
        return {"properties": uses, "definitions": {"m": {"type": kind}}}

    verdict = compare(schema_of(schema("string")), schema_of(schema("integer")))
    assert [change.path for change in verdict.changes] == ["/a", "/b"]


def test_a_change_breaks_no_direction_that_is_proved() -> None:
    base = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    verdict = compare(schema_of(base), schema_of({"type": ["string", "integer"]}))
    assert verdict.classification == "both"
    assert {change.breaks for change in verdict.changes} == {"nothing"}


def test_what_no_change_explains_is_told_of_the_whole() -> None:
    """Each property may widen alone; a oneOf refuses what two branches take."""
    base = {"oneOf": [{"type": "integer"}, {"type": "string"}]}
    new = {"oneOf": [{"type": "integer"}, {"type": ["string", "integer"]}]}
    verdict = compare(schema_of(base), schema_of(new))
    assert verdict.backward.holds == "no"
    assert any(change.breaks in ("backward", "both") for change in verdict.changes)


def test_out_of_budget_is_careful_and_says_so() -> None:
    many = [{"required": [f"a{at}", f"b{at}"]} for at in range(8)]
    base = {"type": "object", "allOf": [{"anyOf": many}, {"anyOf": many[::-1]}]}
    new = {"type": "object", "anyOf": [*many, {"required": ["c"]}]}
    verdict = compare(schema_of(base), schema_of(new), budget=Budget(steps=5))
    assert verdict.backward.holds == "unknown"
    assert "too_large" in {change.rule for change in verdict.changes}
    assert compare(schema_of(base), schema_of(new)).backward.holds == "yes"


def test_below_the_depth_changes_are_told_as_one() -> None:
    def schema(kind: str) -> Any:
        inner = {"properties": {"b": {"properties": {"c": {"type": kind}, "d": {"type": kind}}}}}
        return {"properties": {"a": inner}}

    base, new = schema("integer"), schema("number")
    assert _rules(base, new)["type_widened"] == ("/a/b/d", "forward")
    assert _rules(base, new, depth=1) == {"contents_widened": ("/a/b", "forward")}


def test_the_answers_say_which_direction_they_mean() -> None:
    verdict = compare(schema_of({"type": "integer"}), schema_of({"type": "number"}))
    assert "new readers read old data" in verdict.backward.why
    assert "old readers read new data" in verdict.forward.why


def _nested(levels: int, kind: str) -> Any:
    schema: Any = {"type": kind}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    ("base", "new", "holds"),
    [
        (_nested(95, "integer"), _nested(95, "number"), "backward"),
        ({"enum": list(range(5000))}, {"enum": list(range(5001))}, "backward"),
        ({"maxLength": 10**9}, {"maxLength": 10**9 - 1}, "forward"),
        ({"minItems": 10**9}, {"minItems": 10**9 + 1}, "forward"),
        ({"multipleOf": 1e-300}, {"multipleOf": 1e-299}, "forward"),
        ({"pattern": "^(a|b)*a(a|b){15}$"}, {"pattern": "^(a|b)*b(a|b){15}$"}, "none"),
        (
            {
                "oneOf": [
                    {"type": "object", "properties": {"k": {"const": at}}, "required": ["k"]}
                    for at in range(30)
                ]
            },
            {
                "oneOf": [
                    {"type": "object", "properties": {"k": {"const": at}}, "required": ["k"]}
                    for at in range(31)
                ]
            },
            "backward",
        ),
        (
            {
                "definitions": {
                    "a0": {"type": "integer"},
                    **{
                        f"a{at}": {"allOf": [{"$ref": f"#/definitions/a{at - 1}"}] * 2}
                        for at in range(1, 41)
                    },
                },
                "$ref": "#/definitions/a40",
            },
            {"type": "number"},
            "backward",
        ),
    ],
    ids=[
        "deep",
        "enum",
        "long text",
        "long array",
        "tiny steps",
        "many states",
        "tags",
        "doubling",
    ],
)
def test_large_and_hostile_schemas_are_decided_within_the_budget(
    base: Any, new: Any, holds: str
) -> None:
    assert compare(schema_of(base), schema_of(new)).classification == holds
