"""What counts as a change of contract, and that none is missed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from contracts_of import CONTRACTS, ID, entity
from hypothesis import given
from msgspec.structs import replace

from contracts.diff import ATTRIBUTES, Change, diff, walk
from contracts.odcs import Cursor, Entity, Field


def reversed_order(fields: Iterable[Field]) -> tuple[Field, ...]:
    return tuple(
        replace(field, fields=reversed_order(field.fields), values=field.values[::-1])
        for field in reversed(tuple(fields))
    )


Said = dict[str, dict[str, Any]]


def said(fields: Iterable[Field]) -> Said:
    """What a contract says of each field, by path, in no order."""
    return {
        place.path: {name: getattr(field, name) for name in ATTRIBUTES}
        | {"values": set(field.values)}
        for place, field in walk(fields)
    }


def applied(changes: Iterable[Change], old: Said) -> Said:
    """What the new contract says, from what the old one said and the changes."""
    result = dict(old)
    for change in changes:
        path, holder = change.path, change.path.rpartition("/")[0]
        if change.rule in ATTRIBUTES:
            result[path] = result[path] | {change.rule: change.new}
        elif change.rule == "value":
            values = result[path]["values"] ^ {change.old or change.new}
            result[path] = result[path] | {"values": values}
        elif change.rule == "field" and change.op == "add":
            result |= {holder + below: what for below, what in said([change.new]).items()}
        elif change.rule == "field":
            for below in said([change.old]):
                del result[holder + below]
    return result


@given(CONTRACTS)
def test_a_contract_does_not_differ_from_itself(contract: Entity) -> None:
    assert diff(contract, contract) == []


@given(CONTRACTS)
def test_order_is_no_change(contract: Entity) -> None:
    shuffled = replace(contract, fields=reversed_order(contract.fields))
    assert diff(contract, shuffled) == []


@given(CONTRACTS, CONTRACTS)
def test_the_changes_lead_from_the_old_fields_to_the_new(old: Entity, new: Entity) -> None:
    assert applied(diff(old, new), said(old.fields)) == said(new.fields)


@given(CONTRACTS, CONTRACTS)
def test_the_way_back_is_the_same_changes_turned_round(old: Entity, new: Entity) -> None:
    opposite = {"add": "remove", "remove": "add", "change": "change"}
    turned = [
        replace(change, op=opposite[change.op], old=change.new, new=change.old)
        for change in diff(old, new)
    ]
    back = diff(new, old)
    assert sorted(map(repr, turned)) == sorted(map(repr, back))


def test_no_attribute_of_a_field_is_left_out() -> None:
    compared_otherwise = {"name", "values", "fields"}
    words = {"description"}
    assert {*ATTRIBUTES} | compared_otherwise | words == {*Field.__struct_fields__}


def test_listing_what_was_free_is_a_change_beside_the_fields_listed() -> None:
    free = entity(Field(name="buyer", type="object"))
    listed = entity(Field(name="buyer", type="object", fields=(ID,)))
    assert diff(free, listed) == [
        Change(
            op="change",
            path="/buyer",
            field="buyer",
            rule="contents",
            old="verbatim",
            new="listed",
        ),
        Change(op="add", path="/buyer/id", field="buyer.id", rule="field", new=ID),
    ]


def test_a_path_is_an_escaped_json_pointer() -> None:
    odd = Field(name="a/b", type="object", fields=(Field(name="c~d", type="string"),))
    (change,) = diff(entity(odd), entity(replace(odd, fields=(replace(ID, name="c~d"),))))
    assert (change.path, change.field) == ("/a~1b/c~0d", "a/b.c~d")


@pytest.mark.parametrize(
    ("new", "rule", "told"),
    [
        (entity(key=replace(ID, name="uuid")), "key", "uuid (string)"),
        (entity(key=replace(ID, type="integer")), "key", "id (integer)"),
        (entity(cursor=Cursor(field="a", overlap_seconds=60)), "cursor", "a, 60 s back"),
    ],
    ids=["another key", "key of another type", "a cursor"],
)
def test_key_and_cursor_are_changes_of_the_whole_row(new: Entity, rule: str, told: str) -> None:
    changes = {change.rule: change for change in diff(entity(), new)}
    assert (changes[rule].path, changes[rule].field, changes[rule].new) == ("", "", told)


def test_how_rows_are_fetched_is_no_change() -> None:
    assert diff(entity(), replace(entity(), paging="offset", version="2.0.0")) == []
