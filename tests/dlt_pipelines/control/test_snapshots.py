from __future__ import annotations

import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines.control.snapshots import (
    STORAGE_VERSION,
    tables_to_serve,
    verify_snapshot,
    write_snapshot,
)
from dlt_pipelines.errors import BuildError, LockError, StorageError
from tests.gold_warehouse import build_gold
from tests.other_process import other_process

SERVED = [("activation", "pub_orders"), ("gold", "dim_shops"), ("gold", "fct_orders")]
WRITER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return build_gold(tmp_path / "ware'house.duckdb")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "serve" / "gold-run_1.duckdb"


def test_what_a_killed_build_left_beside_a_table_is_not_served(warehouse: Path, path: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        for left in ("dim_shops__dbt_backup", "dim_shops__dbt_tmp"):
            connection.execute(f"create table gold.{left} as from gold.dim_shops")
    written = write_snapshot(warehouse, path)
    assert [(table.schema, table.name) for table in written] == SERVED


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_snapshot_holds_the_tables_of_gold_and_activation_and_nothing_else(
    warehouse: Path, path: Path
) -> None:
    written = write_snapshot(warehouse, path)
    assert [(table.schema, table.name) for table in written] == SERVED
    with duckdb.connect(str(path), read_only=True) as connection:
        listed = connection.execute("select schema_name, table_name from duckdb_tables()")
        assert sorted(listed.fetchall()) == SERVED
        views = connection.execute("select 1 from duckdb_views() where not internal").fetchall()
        assert views == []
        count = connection.execute("select count(*), sum(version) from gold.fct_orders").fetchone()
    assert count == (1_000, 1_000)
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name]


def test_comments_are_copied_letter_for_letter(warehouse: Path, path: Path) -> None:
    write_snapshot(warehouse, path)
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() where comment is not null"
        ).fetchall()
        columns = connection.execute(
            "select column_name, comment from duckdb_columns() where comment is not null"
        ).fetchall()
    assert tables == [("fct_orders", 'One row per order; it\'s "quoted".')]
    assert columns == [("the name", "What it is called.")]


def test_a_snapshot_is_in_the_format_of_duckdb_1_0(warehouse: Path, path: Path) -> None:
    write_snapshot(warehouse, path)
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where path is not null"
        ).fetchone()
    assert row is not None
    assert str(row[0]).startswith(STORAGE_VERSION)


def test_nobody_can_write_to_a_snapshot(warehouse: Path, path: Path) -> None:
    write_snapshot(warehouse, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_it_says_beforehand_what_it_would_hold(warehouse: Path) -> None:
    found = [(table.schema, table.name, table.rows) for table in tables_to_serve(warehouse)]
    assert found == [(*SERVED[0], 1), (*SERVED[1], 1), (*SERVED[2], 1_000)]


def test_without_gold_there_is_nothing_to_publish(tmp_path: Path, path: Path) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(BuildError, match="hallmark build"):
        write_snapshot(tmp_path / "empty.duckdb", path)
    assert not path.exists()


def test_a_full_disk_leaves_the_old_snapshot_as_it_was(warehouse: Path, path: Path) -> None:
    write_snapshot(warehouse, path)
    build_gold(warehouse, version=2, rows=500_000)
    with full_disk(1 << 20), pytest.raises(StorageError, match="cannot be written"):
        write_snapshot(warehouse, path)
    assert [table.rows for table in verify_snapshot(path)] == [1, 1, 1_000]


def test_a_folder_that_cannot_be_made_is_a_coded_error(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "serve").write_text("a file")
    with pytest.raises(StorageError):
        write_snapshot(warehouse, tmp_path / "serve" / "gold-run_1.duckdb")


def test_a_warehouse_that_is_being_written_to_is_not_copied(warehouse: Path, path: Path) -> None:
    with other_process(WRITER, warehouse), pytest.raises(LockError):
        write_snapshot(warehouse, path)
    assert not path.exists()


@pytest.mark.parametrize("damage", ["cut off", "a bit", "no table", "not there"])
def test_a_snapshot_that_cannot_be_read_whole_is_found_out(
    warehouse: Path, path: Path, damage: str
) -> None:
    write_snapshot(build_gold(warehouse, rows=200_000), path)
    good = path.read_bytes()
    path.unlink()
    if damage == "cut off":
        path.write_bytes(good[: len(good) // 2])
    elif damage == "a bit":
        rows = len(good) // 2  # past the headers, in the rows
        path.write_bytes(good[:rows] + bytes([good[rows] ^ 1]) + good[rows + 1 :])
    elif damage == "no table":
        duckdb.connect(str(path)).close()
    with pytest.raises(StorageError, match=r"cannot be read|no table"):
        verify_snapshot(path)
