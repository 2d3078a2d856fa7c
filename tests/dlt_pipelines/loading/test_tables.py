from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from contracts.odcs import Entity, Field, LogicalType, Source, load_source
from dlt_pipelines.loading.columns import CONTROL_COLUMNS, arrow_schema
from dlt_pipelines.loading.resources import RECORDS
from dlt_pipelines.loading.tables import ensure_tables

ID = Field(name="id", type="string", required=True)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def source(shop: Source, *fields: Field) -> Source:
    orders = Entity(
        source="shop",
        name="orders",
        version="1.0.0",
        description="One row per order.",
        key="id",
        fields=(ID, *fields),
    )
    return replace(shop, entities={"orders": orders})


def columns(warehouse: duckdb.DuckDBPyConnection, table: str = "orders") -> dict[str, str]:
    rows = warehouse.execute(
        "select column_name, data_type from duckdb_columns()"
        " where schema_name = 'raw_shop' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    return dict(rows)


def test_every_contracted_table_is_there_with_its_columns(
    warehouse: duckdb.DuckDBPyConnection, shop: Source
) -> None:
    ensure_tables(warehouse, shop)
    for entity in shop.entities.values():
        assert list(columns(warehouse, entity.name)) == [
            *arrow_schema(entity).names,
            "_dlt_load_id",
        ]
    for name, schema in RECORDS.items():
        assert list(columns(warehouse, name)) == [*schema.names, "_dlt_load_id"]
    assert columns(warehouse, "_dlt_loads")


def test_types_are_the_contracts(warehouse: duckdb.DuckDBPyConnection, shop: Source) -> None:
    kinds: tuple[LogicalType, ...] = ("string", "integer", "number", "boolean", "object", "array")
    fields = [Field(name=f"a_{kind}", type=kind) for kind in kinds]
    personal = [Field(name=f"p_{kind}", type=kind, pii=True) for kind in kinds]
    ensure_tables(warehouse, source(shop, *fields, *personal))
    found = list(columns(warehouse).values())
    assert found[1:7] == ["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "JSON", "JSON"]
    assert found[7:13] == ["VARCHAR"] * 6
    assert found[13:18] == ["VARCHAR", "DATE", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "VARCHAR"]
    assert len(found) == 14 + len(CONTROL_COLUMNS)


@pytest.mark.parametrize("name", ["payments", "zephyr"])
def test_tables_can_be_ensured_again(warehouse: duckdb.DuckDBPyConnection, name: str) -> None:
    query = "select table_name, column_name, data_type from duckdb_columns() order by all"
    ensure_tables(warehouse, load_source(name))
    before = warehouse.execute(query).fetchall()
    ensure_tables(warehouse, load_source(name))
    assert warehouse.execute(query).fetchall() == before


def insert(warehouse: duckdb.DuckDBPyConnection, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    warehouse.execute(
        f"insert into raw_shop.orders ({names}, _dlt_load_id) values ({marks}, 'load_1')",
        list(values.values()),
    )


def test_a_new_contract_version_adds_its_columns_and_keeps_the_rows(
    warehouse: duckdb.DuckDBPyConnection, shop: Source
) -> None:
    ensure_tables(warehouse, source(shop))
    insert(warehouse, id="or_1")
    fields = Field(name="amount", type="integer"), Field(name="order by", type="object")
    ensure_tables(warehouse, source(shop, *fields))
    assert columns(warehouse)["amount"] == "BIGINT"
    assert columns(warehouse)["order by"] == "JSON"
    rows = warehouse.execute('select id, amount, "order by" from raw_shop.orders').fetchall()
    assert rows == [("or_1", None, None)]


def test_a_field_that_the_contract_lost_keeps_its_column(
    warehouse: duckdb.DuckDBPyConnection, shop: Source
) -> None:
    ensure_tables(warehouse, source(shop, Field(name="amount", type="integer")))
    insert(warehouse, id="or_1", amount=5)
    ensure_tables(warehouse, source(shop))
    assert warehouse.execute("select amount from raw_shop.orders").fetchall() == [(5,)]


@pytest.mark.parametrize(
    ("before", "after", "kind", "stored", "kept"),
    [
        ("integer", "number", "DOUBLE", 5, 5.0),
        ("integer", "number", "DOUBLE", 2**53, 2.0**53),
        ("integer", "number", "VARCHAR", 2**53 + 1, "9007199254740993"),
        ("integer", "number", "VARCHAR", -(2**53) - 1, "-9007199254740993"),
        ("integer", "number", "VARCHAR", 2**63 - 1, "9223372036854775807"),
        ("integer", "number", "DOUBLE", None, None),
        ("integer", "string", "VARCHAR", 5, "5"),
        ("number", "string", "VARCHAR", 0.5, "0.5"),
        ("boolean", "string", "VARCHAR", True, "true"),
        ("object", "string", "VARCHAR", '{"a":1}', '{"a":1}'),
        ("integer", "boolean", "VARCHAR", 5, "5"),
        ("integer", "object", "VARCHAR", 5, "5"),
        ("number", "integer", "VARCHAR", 0.5, "0.5"),
        ("number", "integer", "VARCHAR", 1e300, "1e+300"),
        ("number", "integer", "BIGINT", 5.0, 5),
        ("string", "integer", "VARCHAR", "five", "five"),
        ("string", "object", "VARCHAR", "five", "five"),
        ("array", "object", "JSON", "[1]", "[1]"),
    ],
)
def test_a_type_changes_as_far_as_stored_values_stay_what_they_are(
    warehouse: duckdb.DuckDBPyConnection,
    shop: Source,
    before: LogicalType,
    after: LogicalType,
    kind: str,
    stored: Any,
    kept: Any,
) -> None:
    ensure_tables(warehouse, source(shop, Field(name="a", type=before)))
    insert(warehouse, id="or_1", a=stored)
    ensure_tables(warehouse, source(shop, Field(name="a", type=after)))
    assert columns(warehouse)["a"] == kind
    assert warehouse.execute("select id, a from raw_shop.orders").fetchall() == [("or_1", kept)]


def test_tables_of_another_schema_are_left_alone(
    warehouse: duckdb.DuckDBPyConnection, shop: Source
) -> None:
    warehouse.execute("create schema raw_depot; create table raw_depot.orders (id integer)")
    ensure_tables(warehouse, source(shop))
    assert warehouse.execute("select count(*) from raw_depot.orders").fetchone() == (0,)
    assert columns(warehouse)["id"] == "VARCHAR"
