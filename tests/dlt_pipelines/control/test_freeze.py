from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from msgspec.structs import replace

from dlt_pipelines.control.freeze import Freeze, LiftedBy, active, freeze, lift

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ORDERS = Freeze(
    source="shop",
    entity="orders",
    run_id="run_1",
    frozen_at=NOON,
    contract_version="1.0.0",
    reason="total is contracted as integer, and came as string",
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


def lifted(connection: duckdb.DuckDBPyConnection, by: LiftedBy) -> list[str]:
    return lift(
        connection, source="shop", entity="orders", lifted_by=by, reason="because", at=LATER
    )


def test_before_anything_was_frozen_nothing_is(connection: duckdb.DuckDBPyConnection) -> None:
    assert active(connection) == []
    assert lifted(connection, "operator") == []


def test_an_entity_has_one_freeze_whose_reason_is_the_newest(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    freeze(connection, ORDERS)
    freeze(connection, replace(ORDERS, run_id="run_2", frozen_at=LATER, reason="id is gone"))
    assert active(connection) == [replace(ORDERS, run_id="run_2", reason="id is gone")]


def test_what_was_lifted_stays_on_record_with_who_and_why(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    freeze(connection, ORDERS)
    assert lifted(connection, "operator") == ["orders"]
    assert active(connection) == []
    assert lifted(connection, "fit") == []
    query = "select entity, lifted_at, lifted_by, lift_reason from control.freeze"
    assert connection.execute(query).fetchall() == [("orders", LATER, "operator", "because")]


def test_a_source_is_lifted_whole_or_by_entity(connection: duckdb.DuckDBPyConnection) -> None:
    everything = [ORDERS, replace(ORDERS, entity="items"), replace(ORDERS, source="mall")]
    for one in everything:
        freeze(connection, one)
    assert lifted(connection, "fit") == ["orders"]
    whole = lift(connection, source="shop", lifted_by="fit", reason="because", at=LATER)
    assert whole == ["items"]
    assert [each.source for each in active(connection)] == ["mall"]


@pytest.mark.parametrize(
    ("by", "run_id", "frozen"),
    [("operator", "run_1", False), ("operator", "run_2", True), ("fit", "run_1", True)],
    ids=["the run the operator knew of", "a later run", "nobody's word"],
)
def test_an_operators_word_holds_for_the_run_it_was_given_for(
    connection: duckdb.DuckDBPyConnection, by: LiftedBy, run_id: str, frozen: bool
) -> None:
    freeze(connection, ORDERS)
    lifted(connection, by)
    freeze(connection, replace(ORDERS, run_id=run_id))
    assert bool(active(connection)) == frozen
