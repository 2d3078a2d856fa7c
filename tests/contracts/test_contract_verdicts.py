"""A registry that compares schemas and the rules on contracts come to the same verdict."""

from __future__ import annotations

from typing import Any

import pytest
from contracts_of import AMOUNT, ENTITIES, ID, KEY, OF_TABLES, STATUS, entity, of, table
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.compatibility import RULES
from contracts.contract import Contract, breaks, changes, judged
from contracts.contract_schema import asked_side, breaks_by_schema, schema, stored_side
from contracts.json_schema import compare, schema_of
from contracts.odcs import Cursor, Field
from contracts.table_compatibility import TABLE_RULES

NOTE = Field(name="note", type="string")
AMOUNT_OF = Field(name="amount", type="integer")
INSIDE = Field(name="city", type="string")


def by_rules(old: Contract, new: Contract) -> bool:
    return breaks(old.layer, judged(old.layer, changes(old, new)))


def by_schema(old: Contract, new: Contract) -> bool:
    """As a registry answers that holds the old one and is asked about the new one."""
    stored = schema_of(schema(old, stored_side(old.layer)))
    asked = schema_of(schema(new, asked_side(new.layer)))
    found = changes(old, new)
    return breaks_by_schema(old.layer, compare(stored, asked).classification, found)


def fields(old: tuple[Field, ...], new: tuple[Field, ...]) -> tuple[Contract, Contract]:
    return of(entity(*old)), of(entity(*new))


def field(name: str, **both: tuple[Any, Any]) -> tuple[Contract, Contract]:
    """The same field with one thing different."""
    base = {"note": NOTE, "amount": AMOUNT_OF}[name]
    made = (replace(base, **{key: pair[at] for key, pair in both.items()}) for at in (0, 1))
    old, new = ((each,) for each in made)
    return fields(old, new)


def columns(*new: Any, **changed: Any) -> tuple[Contract, Contract]:
    return table(), table(**({"columns": new} if new else {}), **changed)


def nested(type_: Any, *inside: Field) -> Field:
    return Field(name="address", type=type_, fields=inside)


API: dict[str, tuple[tuple[Contract, Contract], bool]] = {
    "an optional field is added": (fields((), (NOTE,)), False),
    "a required field is added": (fields((), (replace(NOTE, required=True),)), True),
    "an optional field is removed": (fields((NOTE,), ()), False),
    "a required field is removed": (fields((replace(NOTE, required=True),), ()), False),
    "a field is renamed": (fields((NOTE,), (replace(NOTE, name="remark"),)), False),
    "a type is widened": (field("amount", type=("integer", "number")), False),
    "a type is narrowed": (field("amount", type=("number", "integer")), True),
    "a type is another": (field("amount", type=("integer", "string")), True),
    "a field is made required": (field("note", required=(False, True)), True),
    "a field is made optional": (field("note", required=(True, False)), False),
    "what was free is listed": (fields((nested("object"),), (nested("object", INSIDE),)), True),
    "what was listed is free": (fields((nested("array", INSIDE),), (nested("array"),)), False),
    "a nested field is added": (
        fields((nested("array", ID),), (nested("array", ID, INSIDE),)),
        False,
    ),
    "a nested type is another": (
        fields((nested("object", INSIDE),), (nested("object", replace(INSIDE, type="boolean")),)),
        True,
    ),
    "a field becomes personal": (field("note", pii=(False, True)), True),
    "a field is personal no longer": (field("note", pii=(True, False)), True),
    "a field becomes volatile": (field("note", volatile=(False, True)), False),
    "a currency is named": (field("amount", money=(None, "eur")), True),
    "a currency is another": (field("amount", money=("eur", "usd")), True),
    "a moment is in another unit": (field("amount", epoch=("seconds", "milliseconds")), True),
    "a reference is added": (field("note", reference=(None, "customer")), False),
    "a reference is removed": (field("note", reference=("customer", None)), True),
    "a reference is another": (field("note", reference=("customer", "account")), True),
    "a value is listed": (field("note", values=(("a",), ("a", "b"))), False),
    "a value is listed no longer": (field("note", values=(("a", "b"), ("a",))), False),
    "the key is of another type": (
        (of(entity()), of(entity(key=replace(ID, type="integer")))),
        True,
    ),
    "the cursor is another": (
        (of(entity()), of(entity(cursor=Cursor(field="created", overlap_seconds=1)))),
        False,
    ),
}
TABLES: dict[str, tuple[tuple[Contract, Contract], bool]] = {
    "a column is added": (
        columns(KEY, AMOUNT, STATUS, replace(AMOUNT, name="fee")),
        False,
    ),
    "a column is removed": (columns(KEY, AMOUNT), True),
    "a column is renamed": (columns(KEY, replace(AMOUNT, name="total"), STATUS), True),
    "a type is wider": (columns(KEY, replace(AMOUNT, type="decimal(22,3)"), STATUS), True),
    "a type is narrower": (columns(KEY, replace(AMOUNT, type="integer"), STATUS), True),
    "a type is another": (columns(KEY, replace(AMOUNT, type="varchar"), STATUS), True),
    "a column is never null": (columns(KEY, AMOUNT, replace(STATUS, required=True)), False),
    "a column may be null": (columns(KEY, replace(AMOUNT, required=False), STATUS), True),
    "a column becomes personal": (columns(KEY, AMOUNT, replace(STATUS, pii=True)), False),
    "columns are in another order": (columns(STATUS, KEY, AMOUNT), False),
    "the key is not promised": (columns(constraints=()), True),
    "more is promised": (columns(constraints=("primary key (charge_id)", "x")), False),
    "the table is called otherwise": (columns(relation="gold.payments"), True),
    "it is not the latest any more": (
        columns(relation="gold.fct_payments_v1", is_latest=False),
        False,
    ),
    "it is public no longer": (
        (table(access="public"), table(access="protected")),
        True,
    ),
    "it is public now": (columns(access="public"), False),
    "it has other words": (columns(description="Another one."), False),
}
CASES = [
    pytest.param(*pair, breaking, id=f"{kind}: {name}")
    for kind, cases in (("api", API), ("table", TABLES))
    for name, (pair, breaking) in cases.items()
]


@pytest.mark.parametrize(("old", "new", "breaking"), CASES)
def test_both_ways_have_the_same_verdict(old: Contract, new: Contract, breaking: bool) -> None:
    assert (by_rules(old, new), by_schema(old, new)) == (breaking, breaking)


def test_every_rule_that_a_change_can_meet_has_a_case() -> None:
    met = {
        finding.rule
        for old, new in (pair for cases in (API, TABLES) for pair, _ in cases.values())
        for finding in judged(old.layer, changes(old, new))
    }
    presence = {"table_added", "table_removed", "retired_table_removed"}
    one_more_of_a_kind = {
        *("no_longer_volatile", "money_removed", "epoch_added", "epoch_removed"),
        *("column_no_longer_pii", "column_made_optional", "column_made_required"),
    }
    assert {rule.name for rule in (*RULES, *TABLE_RULES)} - met <= presence | one_more_of_a_kind


@settings(max_examples=60, deadline=None)
@given(st.tuples(ENTITIES, ENTITIES) | st.tuples(OF_TABLES, OF_TABLES))
def test_no_pair_of_contracts_tells_the_two_ways_apart(pair: tuple[Contract, Contract]) -> None:
    old, new = pair
    assert by_rules(old, new) == by_schema(old, new)
