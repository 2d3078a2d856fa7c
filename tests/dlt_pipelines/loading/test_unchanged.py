from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_pipelines.loading.unchanged import Split, Unchanged

START = datetime(2026, 11, 20, tzinfo=UTC)
LATER = START + timedelta(hours=1)
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("_payload_sha256", pa.string()),
        ("_extracted_at", pa.timestamp("us", tz="UTC")),
    ]
)
Version = tuple[str, str]
"""A row's key and payload."""


def batch(rows: list[Version], at: datetime = START) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"id": key, "_payload_sha256": payload, "_extracted_at": at + timedelta(seconds=number)}
            for number, (key, payload) in enumerate(rows)
        ],
        SCHEMA,
    )


def store(warehouse: Path, table: pa.Table, name: str = "orders", load_id: str = "1") -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists raw_shop")
        connection.register("arriving", table)
        connection.execute(
            f"create table if not exists raw_shop.{name} as"
            " select *, '1' as _dlt_load_id from arriving limit 0"
        )
        connection.execute(f"insert into raw_shop.{name} select *, ? from arriving", [load_id])


def split(unchanged: Unchanged, rows: list[Version], table: str = "orders") -> Split:
    return unchanged.split(batch(rows, LATER), dataset="raw_shop", table=table, key="id")


def versions(table: pa.Table) -> list[Version]:
    return [(row["id"], row["_payload_sha256"]) for row in table.to_pylist()]


@dataclass
class Reference:
    """What `Unchanged` promises, a row at a time."""

    stored: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def split(self, rows: list[Version]) -> tuple[list[Version], int, int]:
        kept, deduplicated, unchanged = [], 0, 0
        for key, payload in rows:
            if self.seen.get(key, self.stored.get(key)) != payload:
                kept.append((key, payload))
            elif key in self.seen:
                deduplicated += 1
            else:
                unchanged += 1
            self.seen[key] = payload
        return kept, deduplicated, unchanged

    def next_run(self) -> None:
        self.stored |= self.seen
        self.seen.clear()


RUNS = st.lists(  # runs of batches of versions
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=8), max_size=4
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=15)
@given(RUNS)
def test_it_agrees_with_the_reference_over_any_runs(runs: list[list[list[Version]]]) -> None:
    reference = Reference()
    with tempfile.TemporaryDirectory() as folder:
        warehouse, at = Path(folder) / "warehouse.duckdb", START
        for batches in runs:
            tables = []
            with Unchanged(warehouse) as unchanged:
                for rows in batches:
                    at += timedelta(minutes=1)
                    got = unchanged.split(
                        batch(rows, at), dataset="raw_shop", table="orders", key="id"
                    )
                    want = reference.split(rows)
                    assert (versions(got.table), got.deduplicated, got.unchanged) == want
                    tables.append(got.table)
            for table in tables:
                store(warehouse, table)
            reference.next_run()


def test_without_a_warehouse_everything_is_new(tmp_path: Path) -> None:
    with Unchanged(tmp_path / "warehouse.duckdb") as unchanged:
        got = split(unchanged, [("a", "x"), ("b", "x")])
    assert (got.table.num_rows, got.deduplicated, got.unchanged) == (2, 0, 0)
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_a_row_that_goes_back_to_an_older_version_is_stored(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, batch([("a", "x"), ("a", "y")]))
    with Unchanged(warehouse) as unchanged:
        assert versions(split(unchanged, [("a", "x")]).table) == [("a", "x")]
    with Unchanged(warehouse) as unchanged:
        assert split(unchanged, [("a", "y")]).unchanged == 1


@pytest.mark.parametrize("rows", [[("a", "x"), ("a", "y")], [("a", "y"), ("a", "x")]])
def test_between_versions_of_one_page_it_decides_as_silver_does(
    tmp_path: Path, rows: list[Version]
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    for row in rows:  # Silver shows the greatest hash of the newest time
        store(warehouse, batch([row]))
    with Unchanged(warehouse) as unchanged:
        assert split(unchanged, [("a", "y")]).unchanged == 1
    with Unchanged(warehouse) as unchanged:
        assert split(unchanged, [("a", "x")]).table.num_rows == 1


def test_a_row_is_compared_with_what_was_known_when_it_was_received(tmp_path: Path) -> None:
    """A replay brings the versions of which later ones are stored."""
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, batch([("a", "x")]))
    store(warehouse, batch([("a", "z")], LATER))
    between = START + timedelta(minutes=1)
    for payload, kept in (("x", 0), ("y", 1), ("z", 1)):
        with Unchanged(warehouse) as unchanged:
            rows = batch([("a", payload)], between)
            got = unchanged.split(rows, dataset="raw_shop", table="orders", key="id")
        assert (payload, got.table.num_rows) == (payload, kept)


def test_of_two_readings_of_one_page_the_later_load_counts(tmp_path: Path) -> None:
    """Silver shows it, whichever hash is greater: another contract has read the page again."""
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, batch([("a", "z")]), load_id="1")
    store(warehouse, batch([("a", "x")]), load_id="2")
    with Unchanged(warehouse) as unchanged:
        assert split(unchanged, [("a", "x")]).unchanged == 1


def test_tables_do_not_see_each_others_keys(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, batch([("a", "x")]), name="lines")
    with Unchanged(warehouse) as unchanged:
        assert split(unchanged, [("a", "x")], table="orders").table.num_rows == 1
        assert split(unchanged, [("a", "x")], table="refunds").table.num_rows == 1
        assert split(unchanged, [("a", "x")], table="lines").unchanged == 1


def test_a_batch_keeps_its_columns_and_their_order(tmp_path: Path) -> None:
    with Unchanged(tmp_path / "warehouse.duckdb") as unchanged:
        assert split(unchanged, [("a", "x")]).table.schema == SCHEMA
        assert split(unchanged, []).table.num_rows == 0


@pytest.mark.parametrize("folder", ["it's", "two words"])
def test_the_path_of_the_warehouse_may_hold_anything(tmp_path: Path, folder: str) -> None:
    warehouse = tmp_path / folder / "warehouse.duckdb"
    warehouse.parent.mkdir()
    store(warehouse, batch([("a", "x")]))
    with Unchanged(warehouse) as unchanged:
        assert split(unchanged, [("a", "x")]).unchanged == 1


def test_the_warehouse_can_be_written_after_closing(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    store(warehouse, batch([("a", "x")]))
    with Unchanged(warehouse) as unchanged:
        split(unchanged, [("a", "x")])
    store(warehouse, batch([("b", "x")]))
