from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from contracts.odcs import Entity, Field, Source
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading.classified import check_classified
from dlt_pipelines.loading.tables import ensure_tables

TOKEN = "tok_" + "0f" * 16
FIELDS: dict[str, Field] = {
    "text": Field(name="text", type="string", pii=True),
    "number": Field(name="number", type="integer", pii=True),
    "whole": Field(name="whole", type="object", pii=True),
    "payer.email": Field(
        name="payer", type="object", fields=(Field(name="email", type="string", pii=True),)
    ),
    "lines.by": Field(
        name="lines", type="array", fields=(Field(name="by", type="string", pii=True),)
    ),
}
CLEAR: dict[str, Any] = {
    "text": "ann@example.com",
    "number": 42,
    "whole": '{"a":1}',
    "payer.email": '{"email":"ann@example.com"}',
    "lines.by": f'[{{"by":"{TOKEN}"}},{{"by":"Ann"}}]',
}
TOKENS: dict[str, str] = {
    "text": TOKEN,
    "number": TOKEN,
    "whole": TOKEN,
    "payer.email": f'{{"email":"{TOKEN}"}}',
    "lines.by": f'[{{"by":"{TOKEN}"}},{{"text":"x"}}]',
}


def source(shop: Source, field: Field, *, pii: bool = True) -> Source:
    inner = tuple(replace(each, pii=pii) for each in field.fields)
    own = replace(field, pii=pii and not inner, fields=inner)
    orders = Entity(
        source="shop",
        name="orders",
        version="1.0.0",
        description="One row per order.",
        key="id",
        fields=(Field(name="id", type="string", required=True), own),
    )
    return replace(shop, entities={"orders": orders})


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def stored(warehouse: duckdb.DuckDBPyConnection, of: Source, name: str, value: Any) -> None:
    """A row that a load by this contract has stored."""
    ensure_tables(warehouse, of)
    check_classified(warehouse, of)
    column = name.partition(".")[0]
    warehouse.execute(
        f'insert into raw_shop.orders (id, "{column}", _dlt_load_id) values (1, ?, 1)', [value]
    )


@pytest.mark.parametrize("name", FIELDS)
def test_what_stands_in_clear_cannot_become_pii(
    name: str, warehouse: duckdb.DuckDBPyConnection, shop: Source
) -> None:
    stored(warehouse, source(shop, FIELDS[name], pii=False), name, CLEAR[name])
    by_now = source(shop, FIELDS[name])
    ensure_tables(warehouse, by_now)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=rf"CFG001.*fields=orders\.{name}\)"):
            check_classified(warehouse, by_now)
    check_classified(warehouse, source(shop, FIELDS[name], pii=False))


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(
    "values",
    [TOKENS, dict.fromkeys(FIELDS), dict.fromkeys(FIELDS, TOKEN)],
    ids=["tokens", "nothing", "a token of the whole"],
)
def test_tokens_and_what_never_came_are_no_hindrance(
    values: dict[str, Any], name: str, warehouse: duckdb.DuckDBPyConnection, shop: Source
) -> None:
    by_now = source(shop, FIELDS[name])
    was_whole = replace(FIELDS[name], fields=())
    stored(warehouse, source(shop, was_whole), name, values[name])
    warehouse.execute("delete from control.classified")
    check_classified(warehouse, by_now)


def test_a_field_is_looked_for_again_once_it_was_no_pii(
    warehouse: duckdb.DuckDBPyConnection, shop: Source
) -> None:
    personal = source(shop, FIELDS["text"])
    stored(warehouse, personal, "text", TOKEN)
    stored(warehouse, source(shop, FIELDS["text"], pii=False), "text", CLEAR["text"])
    with pytest.raises(ConfigurationError):
        check_classified(warehouse, personal)
