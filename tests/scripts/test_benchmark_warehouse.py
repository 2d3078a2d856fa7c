from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from scripts.benchmarks import warehouse
from scripts.benchmarks.raw_rows import RawRows
from scripts.benchmarks.warehouse import Build

ROWS = 12_000


@pytest.fixture(scope="module")
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    """A history of raw rows, and a day after it."""
    rows = RawRows(scale=1)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        written = rows.write_history(connection, ROWS)
        assert written == pytest.approx(ROWS, rel=0.2)
        rows.write_day(connection, ROWS // 100)
        yield connection


def ask(raw: duckdb.DuckDBPyConnection, sql: str) -> Any:
    (row,) = raw.execute(sql).fetchall()
    return row[0] if len(row) == 1 else row


@pytest.mark.parametrize(
    ("table", "column", "referred"),
    [
        ("charges", "payment_intent", "payment_intents"),
        ("charges", "customer", "customers"),
        ("charges", "balance_transaction", "balance_transactions"),
        ("payment_intents", "latest_charge", "charges"),
        ("refunds", "charge", "charges"),
        ("disputes", "charge", "charges"),
        ("invoice_payments", "invoice", "invoices"),
        ("invoice_payments", "payment ->> '$.payment_intent'", "payment_intents"),
    ],
)
def test_rows_refer_to_rows_of_their_own_copy(
    raw: duckdb.DuckDBPyConnection, table: str, column: str, referred: str
) -> None:
    referring, found = ask(
        raw,
        f"select count({column}), count(*) filter ("
        f"{column} in (select id from raw_payments.{referred})) from raw_payments.{table}",
    )
    assert referring == found > 0
    copies = (
        f"select count(distinct regexp_extract({column}, 'a[0-9]+$')) from raw_payments.{table}"
    )
    assert ask(raw, copies) > 1


def test_a_version_is_stored_once_and_changed_objects_again(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    rows, keys, hashes = ask(
        raw,
        "select count(*), count(distinct id), count(distinct _payload_sha256)"
        " from raw_payments.balance_transactions",
    )
    assert rows == hashes > keys


def test_each_load_is_completed_and_the_day_is_the_newest(raw: duckdb.DuckDBPyConnection) -> None:
    loads = "select load_id from raw_payments._dlt_loads where status = 0"
    assert ask(raw, f"select count(*) from ({loads})") == 5
    of_day = f"_dlt_load_id = (select max(load_id) from ({loads}))"
    rows = f"select id from raw_payments.balance_transactions where {of_day}"
    older = f"select id from raw_payments.balance_transactions where not {of_day}"
    new = ask(raw, f"select count(*) from ({rows}) where id not in ({older})")
    assert 0 < new < ask(raw, f"select count(*) from ({rows})")


def test_the_same_rows_come_again() -> None:
    def content() -> Any:
        with duckdb.connect() as connection:
            RawRows(scale=0.1).write_history(connection, 500)
            return ask(connection, "select bit_xor(hash(rows)) from raw_payments.invoices as rows")

    assert content() == content()


@pytest.mark.parametrize(("day", "met"), [(7.5, True), (7.6, False)])
def test_a_day_is_held_against_the_full_refresh(
    day: float, met: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(folder: Path, command: str, *options: str) -> Build:
        seconds = 50.0 if "--full-refresh" in options else day
        models = {"stg": seconds, "fct": seconds}
        return Build(seconds=99.0, processors=99.0, models=models, memory=100.0)

    monkeypatch.setattr(warehouse, "_dbt", build)
    monkeypatch.setattr(warehouse, "write", lambda path, part, rows: rows)
    (held,) = [each for each in warehouse._measured(tmp_path, 1_000) if each.target]
    assert (held.value, held.met) == (day / 50, met)
