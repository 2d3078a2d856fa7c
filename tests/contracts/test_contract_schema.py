"""Contracts as JSON Schemas: nothing is lost on the way there and back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from contracts_of import ANY, ID, entity, of, table
from hypothesis import given

from contracts.contract import Contract, in_order
from contracts.contract_schema import contract_of, schema, status_of
from contracts.json_schema import schema_of, validate
from contracts.odcs import Field, load_source, source_names

TODAY = date(2026, 11, 20)
ORDERS = of(
    entity(
        Field(name="amount", type="integer", required=True, money="eur"),
        Field(name="note", type="string"),
        Field(name="buyer", type="string", reference="customer"),
        Field(name="lines", type="array", fields=(ID,)),
    )
)
ROW = {"id": "o1", "amount": 5}


def sorted_by_name(made: dict[str, Any]) -> Any:
    """As a registry gives it back."""
    return json.loads(json.dumps(made, sort_keys=True))


@given(ANY)
def test_a_contract_comes_back_from_either_of_its_forms(contract: Contract) -> None:
    for form in ("reader", "writer"):
        made = schema(contract, form)  # type: ignore[arg-type]
        back = contract_of(sorted_by_name(made), TODAY)
        assert in_order(back) == in_order(contract)
        assert status_of(made) == "active"


def test_columns_come_back_in_their_order() -> None:
    assert contract_of(sorted_by_name(schema(table(), "reader")), TODAY) == table()


@pytest.mark.parametrize("source", source_names())
def test_each_api_contract_of_this_project_comes_back(source: str) -> None:
    for one in load_source(source).entities.values():
        contract = of(one)
        assert contract_of(schema(contract, "writer"), TODAY) == contract
        schema_of(schema(contract, "writer"))


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        (ROW, True),
        (ROW | {"note": None, "buyer": {"id": "c1"}, "lines": [{"id": "l1"}]}, True),
        ({"id": "o1"}, False),
        (ROW | {"amount": "5"}, False),
        (ROW | {"amount": None}, False),
        (ROW | {"lines": [{}]}, False),
        (ROW | {"lines": [1]}, False),
    ],
    ids=str,
)
def test_a_row_fits_the_schema_when_it_fits_the_contract(row: dict[str, Any], fits: bool) -> None:
    for form in ("reader", "writer"):
        found = validate(schema_of(schema(ORDERS, form)), row)  # type: ignore[arg-type]
        assert (found == []) == fits


def test_a_reader_ignores_what_it_does_not_know_and_a_writer_writes_nothing_else() -> None:
    row = ROW | {"more": 1, "lines": [{"id": "l1", "more": 1}]}
    assert validate(schema_of(schema(ORDERS, "reader")), row) == []
    assert len(validate(schema_of(schema(ORDERS, "writer")), row)) == 2


def test_a_table_has_all_of_its_columns_in_each_row() -> None:
    made = schema_of(schema(table(), "reader"))
    row = {"charge_id": "ch_1", "amount": 1, "status": None}
    assert validate(made, row) == []
    assert validate(made, {"charge_id": "ch_1", "amount": 1}) != []
    assert validate(made, row | {"amount": None}) != []


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        {"type": "object"},
        {"x-hallmark-layer": 1},
        {"x-hallmark-layer": "gold"},
        {"x-hallmark-layer": "gold", "required": ["id"], "properties": {"id": 1}},
        {"x-hallmark-layer": "gold", "required": [], "x-hallmark-retires": "tomorrow"},
        {"x-hallmark-layer": "extraction", "properties": []},
        {"x-hallmark-layer": "extraction", "properties": {"id": {"type": 1}}},
    ],
    ids=str,
)
def test_a_schema_of_another_hand_is_no_contract(foreign: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        contract_of(foreign, TODAY)
