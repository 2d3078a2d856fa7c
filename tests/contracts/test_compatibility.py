"""Verdicts on changes and drift, held against a reader that takes rows or refuses them.

`rows_of` writes the corner cases of a contract's rows: each field in turn absent, null and with
each kind of value it allows. A contract that reads them all reads whatever that contract allows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from contracts_of import CONTRACTS, ID, entity
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.compatibility import (
    RULES,
    Finding,
    classification,
    compatible,
    judge,
)
from contracts.diff import diff
from contracts.drift import observe
from contracts.odcs import Cursor, Entity, Field
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.pages import PageRows
from dlt_pipelines.loading.pii import Tokenizer
from tests.shapes import KINDS, Row, shape_of

SCALARS: dict[str, list[Any]] = {
    "string": ["text"],
    "integer": [1],
    "number": [1, 0.5],
    "boolean": [True],
    "object": [{}, dict.fromkeys("abc", 0.5), dict.fromkeys("abc", "text")],
    "array": [[], [1], [None], [{}], [dict.fromkeys("abc", 0.5)], [dict.fromkeys("abc", "text")]],
}


def rows_of(fields: Sequence[Field]) -> Iterator[Row]:
    full = {field.name: next(_values(field)) for field in fields}
    yield full
    for field in fields:
        for value in _values(field):
            yield full | {field.name: value}
        if not field.required:
            yield full | {field.name: None}
            yield {name: value for name, value in full.items() if name != field.name}


def _values(field: Field) -> Iterator[Any]:
    if not field.fields:
        yield from SCALARS[field.type]
    elif field.type == "object":
        yield from rows_of(field.fields)
    else:
        yield from ([row] for row in rows_of(field.fields))
        yield []


def reads(fields: Sequence[Field], row: Row) -> bool:
    return all(_fits(field, row.get(field.name)) for field in fields)


def _fits(field: Field, value: Any) -> bool:
    if value is None:
        return not field.required
    kind = KINDS[type(value)]
    if kind != field.type and (kind, field.type) != ("integer", "number"):
        return False
    if not field.fields:
        return True
    inner = value if kind == "array" else [value]
    return all(isinstance(each, dict) and reads(field.fields, each) for each in inner)


def plain(fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields as far as a single row can show them."""
    return tuple(
        Field(name=f.name, type=f.type, required=f.required, fields=plain(f.fields)) for f in fields
    )


PLAIN = CONTRACTS.map(lambda contract: entity(*plain(contract.fields[1:])))


@given(CONTRACTS, CONTRACTS)
def test_every_change_is_judged_by_one_rule(old: Entity, new: Entity) -> None:
    changes = diff(old, new)
    assert [finding.path for finding in judge(changes)] == [change.path for change in changes]


@given(PLAIN, PLAIN)
def test_backward_means_that_the_new_contract_reads_every_old_row(old: Entity, new: Entity) -> None:
    verdict = classification(judge(diff(old, new)))
    readable = all(reads(new.fields, row) for row in rows_of(old.fields))
    assert (verdict in ("both", "backward")) == readable


@given(PLAIN, PLAIN)
def test_forward_means_that_the_old_contract_reads_every_new_row(old: Entity, new: Entity) -> None:
    verdict = classification(judge(diff(old, new)))
    readable = all(reads(old.fields, row) for row in rows_of(new.fields))
    assert (verdict in ("both", "forward")) == readable


@given(PLAIN, PLAIN)
def test_the_loader_decodes_every_old_row_when_the_new_contract_is_compatible(
    old: Entity, new: Entity
) -> None:
    raws = [msgspec.Raw(json.dumps(row).encode()) for row in rows_of(old.fields)]
    rejects = Decoder(new, Tokenizer(b"k" * 32)).rows(PageRows(raws)).rejects
    assert not (rejects and compatible(judge(diff(old, new))))


@given(CONTRACTS, CONTRACTS)
def test_backward_one_way_is_forward_the_other_way(old: Entity, new: Entity) -> None:
    mirrored = {"both": "both", "backward": "forward", "forward": "backward", "none": "none"}
    there, back = judge(diff(old, new)), judge(diff(new, old))
    assert classification(back) == mirrored[classification(there)]


@given(CONTRACTS, CONTRACTS)
def test_optional_fields_can_be_added_without_breaking_a_reader(old: Entity, more: Entity) -> None:
    names = {field.name for field in old.fields}
    extra = [replace(f, required=False) for f in more.fields if f.name not in names]
    new = replace(old, fields=(*old.fields, *extra))
    assert classification(judge(diff(old, new))) == "both"


def field(**values: Any) -> Field:
    return Field(**{"name": "a", "type": "string"} | values)


def free(**values: Any) -> Field:
    return field(type="object", **values)


HOURLY = Cursor(field="a", overlap_seconds=3600)
CASES = {
    "required_field_added": (entity(), entity(field(required=True)), "forward"),
    "optional_field_added": (entity(), entity(field()), "both"),
    "required_field_removed": (entity(field(required=True)), entity(), "backward"),
    "optional_field_removed": (entity(field()), entity(), "both"),
    "type_widened": (entity(field(type="integer")), entity(field(type="number")), "backward"),
    "type_narrowed": (entity(field(type="number")), entity(field(type="integer")), "forward"),
    "type_changed": (entity(field()), entity(field(type="integer")), "none"),
    "made_required": (entity(field()), entity(field(required=True)), "forward"),
    "made_optional": (entity(field(required=True)), entity(field()), "backward"),
    "contents_listed": (entity(free()), entity(free(fields=(field(),))), "forward"),
    "contents_freed": (entity(free(fields=(field(),))), entity(free()), "backward"),
    "became_pii": (entity(field()), entity(field(pii=True)), "none"),
    "no_longer_pii": (entity(field(pii=True)), entity(field()), "none"),
    "became_volatile": (entity(field()), entity(field(volatile=True)), "both"),
    "no_longer_volatile": (entity(field(volatile=True)), entity(field()), "both"),
    "money_added": (entity(field()), entity(field(money="b")), "forward"),
    "money_removed": (entity(field(money="b")), entity(field()), "backward"),
    "currency_changed": (entity(field(money="b")), entity(field(money="c")), "none"),
    "epoch_added": (entity(field()), entity(field(epoch="seconds")), "forward"),
    "epoch_removed": (entity(field(epoch="seconds")), entity(field()), "backward"),
    "epoch_changed": (
        entity(field(epoch="seconds")),
        entity(field(epoch="milliseconds")),
        "none",
    ),
    "reference_added": (entity(field()), entity(field(reference="b")), "backward"),
    "reference_removed": (entity(field(reference="b")), entity(field()), "forward"),
    "reference_changed": (entity(field(reference="b")), entity(field(reference="c")), "none"),
    "value_listed": (entity(field()), entity(field(values=("x",))), "both"),
    "value_unlisted": (entity(field(values=("x",))), entity(field()), "both"),
    "key_changed": (entity(), entity(key=replace(ID, name="uuid")), "none"),
    "cursor_changed": (entity(), entity(cursor=HOURLY), "both"),
}


def test_every_rule_has_a_case() -> None:
    assert sorted(CASES) == sorted(rule.name for rule in RULES)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_finds_its_change(name: str) -> None:
    old, new, expected = CASES[name]
    findings = judge(diff(old, new))
    assert name in {finding.rule for finding in findings}
    assert classification(findings) == expected
    assert compatible(findings) == (expected in ("both", "backward"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_breaks_a_reader_is_an_error_and_nothing_else_is(rule: Any) -> None:
    assert (rule.level == "error") == (rule.breaks != "nothing")


def test_a_finding_says_what_where_why_and_what_to_do() -> None:
    (finding,) = judge(diff(*CASES["type_widened"][:2]))
    assert finding == Finding(
        op="change",
        path="/a",
        field="a",
        rule="type_widened",
        old="integer",
        new="number",
        level="error",
        breaks="forward",
        message="a was integer and is number; old readers refuse what only number allows",
        hint="above 2^53 a number does not keep every digit of an integer",
    )


def test_a_change_that_no_rule_knows_is_not_let_through() -> None:
    (change,) = diff(*CASES["optional_field_added"][:2])
    with pytest.raises(ValueError, match="not enough values"):
        judge([replace(change, rule="unheard of")])


@given(PLAIN, PLAIN, st.data())
def test_drift_is_breaking_exactly_when_the_contract_refuses_a_row(
    written: Entity, contract: Entity, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.sampled_from(list(rows_of(written.fields))), max_size=4))
    drifts = observe(contract, shape_of(rows, contract), frozenset())
    refused = any(not reads(contract.fields, row) for row in rows)
    assert any(drift.verdict == "breaking" for drift in drifts) == refused


@given(PLAIN)
def test_rows_as_contracted_do_not_drift(contract: Entity) -> None:
    rows = list(rows_of(contract.fields))
    assert observe(contract, shape_of(rows, contract), frozenset()) == []


ADDRESS = free(fields=(field(name="b", required=True),))
DRIFTS: dict[str, tuple[Entity, list[Row], tuple[str, ...]]] = {
    "a field nobody contracted": (
        entity(),
        [{"id": "1", "a": 5}],
        ("a", "new_field", "compatible", "not contracted", "integer", "5"),
    ),
    "a field nobody contracted, in an object": (
        entity(ADDRESS),
        [{"id": "1", "a": {"b": "x", "c/d": [1]}}],
        ("a.c/d", "new_field", "compatible", "not contracted", "array", "[1]"),
    ),
    "an optional field that is gone": (
        entity(field()),
        [{"id": "1"}],
        ("a", "missing_field", "compatible", "optional", "absent", ""),
    ),
    "a required field that is gone": (
        entity(field(required=True)),
        [{"id": "1"}],
        ("a", "missing_field", "breaking", "required", "absent", ""),
    ),
    "a required field that is gone from an object": (
        entity(ADDRESS),
        [{"id": "1", "a": {}}, {"id": "2", "a": None}, {"id": "3"}],
        ("a.b", "missing_field", "breaking", "required", "absent", ""),
    ),
    "null in a required field": (
        entity(field(required=True)),
        [{"id": "1", "a": None}, {"id": "2"}, {"id": "3", "a": "x"}],
        ("a", "null_in_required", "breaking", "required", "null or absent in 2 of 3", "x"),
    ),
    "a required field that some rows lack": (
        entity(field(required=True)),
        [{"id": "1"}, {"id": "2", "a": "x"}],
        ("a", "null_in_required", "breaking", "required", "null or absent in 1 of 2", "x"),
    ),
    "another type": (
        entity(field(type="integer")),
        [{"id": "1", "a": 1}, {"id": "2", "a": "x"}, {"id": "3", "a": 0.5}],
        ("a", "type_change", "breaking", "integer", "number or string", "0.5"),
    ),
    "a list of something else": (
        entity(field(type="array", fields=(field(name="b"),))),
        [{"id": "1", "a": [{"b": "x"}, "y"]}],
        ("a", "type_change", "breaking", "array", "array of string", "[{'b': 'x'}, 'y']"),
    ),
    "a field beside an ignored one": (
        entity(ADDRESS, ignored=("c", "c.*", "a.c")),
        [{"id": "1", "a": {"b": "x", "d": 5}}],
        ("a.d", "new_field", "compatible", "not contracted", "integer", "5"),
    ),
    "a value nobody listed": (
        entity(field(values=("paid", "void"))),
        [{"id": "1", "a": "paid"}, {"id": "2", "a": "lost"}],
        ("a", "new_value", "compatible", "one of the listed values", "lost", "lost"),
    ),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_is_told_with_its_verdict(name: str) -> None:
    contract, rows, expected = DRIFTS[name]
    (drift,) = observe(contract, shape_of(rows, contract), frozenset({"/a", "/a/b"}))
    told = (drift.field, drift.kind, drift.verdict, drift.old, drift.new, drift.example)
    assert told == expected
    assert drift.field in drift.message


@pytest.mark.parametrize(
    ("contract", "rows"),
    [
        (entity(field(required=True)), []),
        (entity(field()), [{"id": "1"}]),
        (entity(ADDRESS), [{"id": "1", "a": None}]),
        (entity(field(type="array", fields=(ID,))), [{"id": "1", "a": []}]),
        (entity(free()), [{"id": "1", "a": {"b": 1, "c": None}}]),
        (entity(field()), [{"id": "1", "a": "any"}]),
        (entity(field(type="number")), [{"id": "1", "a": 1}]),
        (entity(field(reference="b")), [{"id": "1", "a": {"id": "2"}}]),
        (entity(ignored=("a",)), [{"id": "1", "a": {"b": 1}}]),
        (entity(ADDRESS, ignored=("a.c",)), [{"id": "1", "a": {"b": "x", "c": 1}}]),
        (entity(ADDRESS, ignored=("a.*",)), [{"id": "1", "a": {"b": "x", "c": 1, "d": 2}}]),
    ],
    ids=[
        "no rows",
        "an optional field that never came",
        "a required field of an object that is null",
        "a required field of an empty list",
        "what lies in a verbatim object",
        "any value where none is listed",
        "an integer in a number",
        "an object in the place of its id",
        "an ignored field",
        "an ignored field of an object",
        "whatever else is in an object",
    ],
)
def test_no_drift(contract: Entity, rows: list[Row]) -> None:
    assert observe(contract, shape_of(rows, contract), frozenset()) == []
