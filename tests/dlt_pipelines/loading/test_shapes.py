"""What an observer keeps of the rows it is shown."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pyarrow as pa

from contracts.diff import Seen
from contracts.odcs import Entity, Field
from dlt_pipelines.loading.shapes import Observer

PAYER = (Field(name="name", type="string", pii=True), Field(name="kind", type="string"))
ORDERS = Entity(
    source="shop",
    name="orders",
    version="1.0.0",
    description="One row per order.",
    key="id",
    fields=(
        Field(name="id", type="string", required=True),
        Field(name="email", type="string", pii=True),
        Field(name="link", type="string", volatile=True),
        Field(name="status", type="string", values=("open", "paid")),
        Field(name="payers", type="array", fields=PAYER),
    ),
)


def observed(*rows: Any) -> Observer:
    observer = Observer(ORDERS)
    for row in rows:
        observer.see(msgspec.Raw(json.dumps(row).encode()))
    return observer


def test_text_is_kept_of_fields_that_are_contracted_and_not_personal() -> None:
    row = {"id": "or_1", "email": "ada@example.com", "link": "https://x", "new": "ada"}
    row |= {"payers": [{"name": "Ada", "kind": "card"}]}
    found = observed(row).shape.fields
    assert {path: seen.example for path, seen in found.items()} == {
        "/id": "or_1",
        "/email": "(masked)",
        "/link": "(masked)",
        "/new": "(masked)",
        "/payers": "(masked)",
        "/payers/name": "(masked)",
        "/payers/kind": "card",
    }


def test_kinds_nulls_and_elements_are_counted() -> None:
    shape = observed(
        {"id": "or_1", "payers": [{"name": None}, 5]}, {"id": 2, "payers": None}, "no object"
    ).shape
    assert shape.rows == 2
    assert shape.fields["/id"].kinds == {"string", "integer"}
    payers, name = shape.fields["/payers"], shape.fields["/payers/name"]
    assert (payers.present, payers.null, payers.objects) == (2, 1, 1)
    assert payers.items == {"object", "integer"}
    assert (name.present, name.null) == (1, 1)


def test_what_another_observer_saw_is_added() -> None:
    one, other = observed({"id": "or_1"}), observed({"id": 2, "status": "void"})
    one.see_shape(other.shape)
    assert one.shape == observed({"id": "or_1"}, {"id": 2, "status": "void"}).shape


def test_columns_tell_that_a_field_was_there_and_which_values_came() -> None:
    observer = observed()
    statuses = ["open", None, "void", "open"]
    columns = {field.name: [None] * 4 for field in ORDERS.fields} | {"status": statuses}
    observer.see_columns(pa.table({name: pa.array(x, pa.string()) for name, x in columns.items()}))
    assert observer.shape.fields == {
        "/status": Seen(present=1, values=frozenset({"open", "void"})),
    }
