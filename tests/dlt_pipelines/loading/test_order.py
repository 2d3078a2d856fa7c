from __future__ import annotations

import time

import duckdb
import pytest

from dlt_pipelines.errors import StateError
from dlt_pipelines.loading.order import check_order


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema raw_shop")
    connection.execute("create table raw_shop._dlt_loads (load_id varchar, status bigint)")
    return connection


def add(warehouse: duckdb.DuckDBPyConnection, seconds: float, status: int = 0) -> None:
    load_id = str(time.time() + seconds)
    warehouse.execute("insert into raw_shop._dlt_loads values (?, ?)", [load_id, status])


def test_loads_go_on_while_the_clock_is_ahead_of_them(warehouse: duckdb.DuckDBPyConnection) -> None:
    check_order(warehouse, "raw_shop")
    add(warehouse, -1)
    check_order(warehouse, "raw_shop")


@pytest.mark.parametrize("seconds", [30, 3600])
def test_a_clock_behind_the_newest_load_is_refused(
    warehouse: duckdb.DuckDBPyConnection, seconds: int
) -> None:
    add(warehouse, seconds)
    with pytest.raises(StateError, match=rf"STATE001.*clock.*behind_seconds={seconds}"):
        check_order(warehouse, "raw_shop")


def test_a_load_that_was_not_completed_says_nothing(warehouse: duckdb.DuckDBPyConnection) -> None:
    add(warehouse, 3600, status=1)
    check_order(warehouse, "raw_shop")
