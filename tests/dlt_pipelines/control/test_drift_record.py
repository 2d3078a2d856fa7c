from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from msgspec.structs import replace

from dlt_pipelines.control.drift import (
    Recorded,
    Sighting,
    end,
    known_fields,
    see,
    see_fields,
    standing,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
LOST = Sighting(
    source="shop",
    entity="orders",
    field="status",
    kind="new_value",
    verdict="compatible",
    old="one of the listed values",
    new="lost",
    found=("lost",),
    example="lost",
    message="status has values that the contract does not list: lost",
    contract_version="1.0.0",
    run_id="run_1",
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


def only(connection: duckdb.DuckDBPyConnection) -> Recorded:
    (recorded,) = standing(connection, "shop")
    return recorded


def test_before_anything_was_recorded_nothing_is_known(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert standing(connection, "shop") == []
    assert known_fields(connection, "shop", "orders") == frozenset()


def test_what_a_later_run_sees_again_is_one_row_that_sums_up(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    see(connection, [LOST], NOON)
    see(connection, [replace(LOST, run_id="run_2", new="held", found=("held",))], LATER)
    recorded = only(connection)
    assert recorded.found == ("held", "lost")
    assert (recorded.new, recorded.run_id, recorded.times_seen) == ("held", "run_2", 2)
    assert (recorded.first_seen, recorded.last_seen) == (NOON, LATER)


def test_recording_a_run_twice_counts_once(connection: duckdb.DuckDBPyConnection) -> None:
    see(connection, [LOST], NOON)
    see(connection, [LOST], LATER)
    assert only(connection).times_seen == 1


@pytest.mark.parametrize(
    "other",
    [{"source": "mall"}, {"entity": "items"}, {"field": "state"}, {"kind": "x"}, {"verdict": "x"}],
    ids=lambda change: next(iter(change)),
)
def test_what_differs_in_place_or_kind_is_a_row_of_its_own(
    connection: duckdb.DuckDBPyConnection, other: dict[str, str]
) -> None:
    see(connection, [LOST, replace(LOST, **other)], NOON)
    assert connection.execute("select count(*) from control.drift").fetchall() == [(2,)]


def test_what_is_over_no_longer_stands_until_it_is_seen_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    see(connection, [LOST, replace(LOST, field="state")], NOON)
    end(connection, LOST, LATER)
    assert only(connection).field == "state"
    see(connection, [replace(LOST, run_id="run_2", found=("held",))], LATER)
    again = next(each for each in standing(connection, "shop") if each.field == "status")
    assert (again.found, again.first_seen) == (("held",), NOON)


def test_drift_is_told_for_one_entity_too(connection: duckdb.DuckDBPyConnection) -> None:
    see(connection, [LOST, replace(LOST, entity="items")], NOON)
    assert [each.entity for each in standing(connection, "shop")] == ["items", "orders"]
    assert [each.entity for each in standing(connection, "shop", "orders")] == ["orders"]
    assert standing(connection, "mall") == []


def test_fields_are_known_once_rows_had_them(connection: duckdb.DuckDBPyConnection) -> None:
    names = {"source": "shop", "entity": "orders"}
    see_fields(connection, **names, paths=["/id", "/total"], at=NOON)
    see_fields(connection, **names, paths=["/id", "/buyer/name"], at=LATER)
    see_fields(connection, source="shop", entity="items", paths=["/size"], at=LATER)
    assert known_fields(connection, "shop", "orders") == {"/id", "/total", "/buyer/name"}
    seen = connection.execute(
        "select path, first_seen, last_seen from control.fields where entity = 'orders' order by 1"
    ).fetchall()
    assert seen == [("/buyer/name", LATER, LATER), ("/id", NOON, LATER), ("/total", NOON, NOON)]
