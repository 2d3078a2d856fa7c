from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import msgspec
import pytest

from contracts.odcs import Source
from dlt_pipelines.control.views import create_views
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading.decode import Reject
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.quarantine import (
    QuarantinedRow,
    chosen,
    expected_and_found,
    key_of,
    quarantined_rows,
    row_id,
)
from dlt_pipelines.loading.tables import ensure_tables

START = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("Expected `int`, got `str`", ("int", "str")),
        ("Expected `int | null`, got `str`", ("int | null", "str")),
        ("Expected `int` <= 253402300799", ("int <= 253402300799", None)),
        ("Object missing required field `id`", (None, None)),
    ],
)
def test_what_was_expected_and_found_is_read_from_the_reason(
    reason: str, named: tuple[str | None, str | None]
) -> None:
    assert expected_and_found(reason) == named


def test_a_row_is_known_by_its_bytes_and_the_key() -> None:
    raw, other = msgspec.Raw(b'{"id":1}'), msgspec.Raw(b'{"id":2}')
    tokens = Tokenizer(b"k" * 32)
    assert row_id(raw, tokens) == row_id(msgspec.Raw(bytes(raw)), tokens)
    assert len({row_id(raw, tokens), row_id(other, tokens), row_id(raw, Tokenizer(b"j" * 32))}) == 3


def test_a_key_that_is_personal_is_not_kept(shop: Source) -> None:
    orders = shop.entities["orders"]
    reject = Reject(0, "$.created", "Expected `int`, got `str`", "kim@example.com")
    assert key_of(orders, reject) == "kim@example.com"
    personal = [msgspec.structs.replace(each, pii=each.name == "id") for each in orders.fields]
    assert key_of(msgspec.structs.replace(orders, fields=tuple(personal)), reject) is None


def quarantined(row_id: str, entity: str = "orders") -> QuarantinedRow:
    return QuarantinedRow(
        row_id=row_id,
        entity=entity,
        key=None,
        status="open",
        json_path="$",
        reason="",
        expected=None,
        found=None,
        contract_version="1.0.0",
        run_id="run_1",
        landing_file="part-00000.json.zst",
        landing_row=0,
        first_seen=START,
        last_seen=START,
        times_seen=1,
    )


def test_an_id_may_be_shortened_as_long_as_it_names_one_row() -> None:
    rows = [quarantined("abc1"), quarantined("abd2")]
    assert chosen(rows, ["abd", "abd2", "abc"]) == [rows[1], rows[0]]
    for wrong in ("ab", "x", ""):
        with pytest.raises(ConfigurationError, match=r"CFG001"):
            chosen(rows, [wrong])
    with pytest.raises(ConfigurationError, match=r"CFG001"):
        chosen(rows[:1], [""])


@pytest.fixture
def warehouse(shop: Source) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as warehouse; use warehouse; set TimeZone = 'UTC'")
    ensure_tables(connection, shop)
    connection.execute("insert into raw_shop._dlt_loads values ('1', 'shop', 0, now(), '')")
    create_views(connection, ["shop"])
    return connection


def see(
    connection: duckdb.DuckDBPyConnection,
    row_id: str | None,
    place: int,
    *,
    minute: int,
    load: str = "1",
    key: str | None = None,
) -> None:
    connection.execute(
        """
        insert into raw_shop._quarantine by name
        select 'orders' as entity, ? as row_id, ? as key, 'part' as landing_file, ? as landing_row,
            '$.id' as json_path, 'why' as reason, '1.0.0' as contract_version, 'run_1' as run_id,
            ?::timestamptz as seen_at, ? as _dlt_load_id
        """,
        [row_id, key, place, START.replace(minute=minute), load],
    )


def test_a_row_that_comes_again_is_one_line(warehouse: duckdb.DuckDBPyConnection) -> None:
    for minute, place in ((1, 4), (2, 5), (2, 5)):  # the last is a replay of the second
        see(warehouse, "abc", place, minute=minute)
    (row,) = quarantined_rows(warehouse, "shop")
    assert (row.landing_row, row.times_seen, row.status) == (5, 2, "open")
    assert (row.first_seen.minute, row.last_seen.minute) == (1, 2)


def test_a_row_is_shown_as_it_was_seen_last(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Also where the last sighting knows less: a key that became personal is not shown."""
    see(warehouse, "abc", 4, minute=1, key="or_1")
    see(warehouse, "abc", 5, minute=2, key=None)
    (row,) = quarantined_rows(warehouse, "shop")
    assert (row.landing_row, row.key) == (5, None)


def test_what_a_load_left_half_done_is_not_shown(warehouse: duckdb.DuckDBPyConnection) -> None:
    see(warehouse, "abc", 4, minute=1, load="2")
    assert quarantined_rows(warehouse, "shop") == []


def test_rows_from_before_there_were_ids_are_told_apart(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    see(warehouse, None, 4, minute=1)
    see(warehouse, None, 5, minute=1)
    assert len({row.row_id for row in quarantined_rows(warehouse, "shop")}) == 2


@pytest.mark.parametrize("action", ["replayed", "discarded"])
def test_the_last_completed_action_is_the_status(
    warehouse: duckdb.DuckDBPyConnection, action: str
) -> None:
    see(warehouse, "abc", 4, minute=1)
    act = "insert into raw_shop._quarantine_actions values ('abc', 'orders', ?, ?, '', '', '', ?)"
    warehouse.execute(act, [action, START, "1"])
    warehouse.execute(act, ["never", START.replace(hour=1), "2"])
    see(warehouse, "abc", 9, minute=3)
    (row,) = quarantined_rows(warehouse, "shop")
    assert row.status == action
    assert quarantined_rows(warehouse, "shop", status="open") == []
