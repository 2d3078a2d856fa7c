"""Contracts that lack something are told with file and line."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.lint import lint_entity, lint_model, lint_source

ENTITY = """\
name: orders
schema:
  - name: orders
    description: One row per order.
    properties:
      - name: id
        logicalType: string
        description: Identifier.
        primaryKey: true
      - name: buyer
        logicalType: object
        description: Who buys.
        properties:
          - name: emailAddress
            logicalType: string
            description: Where they are written to.
            classification: pii
"""
MODEL = """\
models:
  - name: other
    columns: [{name: order_id}]
  - name: fct_orders
    columns:
      - name: order_id
      - name: created_at
"""
COLUMN = {
    "data_type": "string",
    "description": "Identifier.",
    "constraints": [{"type": "primary_key"}],
    "config": {"meta": {}},
}
NODE: dict[str, Any] = {
    "name": "fct_orders",
    "description": "One row per order.",
    "constraints": [],
    "primary_key": [],
    "columns": {
        "order_id": COLUMN,
        "created_at": COLUMN | {"data_type": "timestamp", "constraints": []},
    },
}


def entity(text: str, stem: str = "orders") -> list[tuple[int, str]]:
    return [(one.line, one.rule) for one in lint_entity(text, "shop/orders.yaml", stem)]


def model(node: dict[str, Any], owner: str = "Shop") -> list[tuple[int, str]]:
    return [(one.line, one.rule) for one in lint_model(node, MODEL, "fct.yml", owner=owner)]


def column(name: str, **changed: Any) -> dict[str, Any]:
    columns = {key: value for key, value in NODE["columns"].items() if key != "created_at"}
    return NODE | {"columns": columns | {name: NODE["columns"]["created_at"] | changed}}


def test_what_is_complete_has_no_fault() -> None:
    assert entity(ENTITY) == []
    assert model(NODE) == []
    assert list(lint_source("owner: Shop\ndescription: A shop.\n", "c.yaml", "shop")) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    description: One row per order.\n", "", (3, "description")),
        ("description: Identifier.", 'description: ""', (6, "description")),
        ("primaryKey: true", "primaryKey: false", (3, "key")),
        ("            classification: pii\n", "", (14, "classification")),
        ("classification: pii", "classification: secret", (14, "classification")),
        ("name: orders\nschema", "name: bookings\nschema", (1, "naming")),
    ],
    ids=["entity", "field", "no key", "personal", "unknown class", "another name"],
)
def test_a_fault_of_an_api_contract_has_its_line(
    old: str, new: str, fault: tuple[int, str]
) -> None:
    assert old in ENTITY
    assert entity(ENTITY.replace(old, new, 1)) == [fault]


def test_an_entity_is_named_in_snake_case() -> None:
    assert entity(ENTITY.replace("orders", "Orders"), "Orders") == [(3, "naming")]


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (NODE | {"description": "Orders."}, (4, "description")),
        (NODE | {"columns": {"created_at": NODE["columns"]["created_at"]}}, (4, "key")),
        (column("created_at", description=""), (7, "description")),
        (column("created"), (4, "naming")),
        (column("createdAt", data_type="string"), (4, "naming")),
        (column("paid", data_type="boolean"), (4, "naming")),
        (column("due", data_type="date"), (4, "naming")),
        (column("buyer_email", data_type="string"), (4, "classification")),
    ],
    ids=[
        "no grain",
        "no key",
        "column without words",
        "moment",
        "camel case",
        "boolean",
        "date",
        "personal",
    ],
)
def test_a_fault_of_a_model_has_the_line_of_its_column(
    node: dict[str, Any], fault: tuple[int, str]
) -> None:
    assert model(node) == [fault]


def test_every_contract_has_an_owner() -> None:
    assert model(NODE, owner="") == [(4, "owner")]
    found = list(lint_source("description: A shop.\n", "c.yaml", "shop"))
    assert [(one.line, one.rule) for one in found] == [(1, "owner")]
