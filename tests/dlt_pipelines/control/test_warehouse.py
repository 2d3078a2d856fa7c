from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest
import yaml

from dlt_pipelines import config
from dlt_pipelines.control.warehouse import NEW_FILE, connect, exclusive, opening_error
from dlt_pipelines.errors import LockError, StorageError
from tests.other_process import other_process

HOLD = {
    "the lock": """
import sys
from pathlib import Path
from dlt_pipelines.control.warehouse import exclusive
with exclusive(Path({path!r})):
    print(flush=True)
    sys.stdin.read()
""",
    "the warehouse": """
import duckdb, sys
with duckdb.connect({path!r}):
    print(flush=True)
    sys.stdin.read()
""",
}


def holding(what: str, path: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """Another process that holds `what`."""
    return other_process(HOLD[what].format(path=str(path)))


def test_only_one_holds_the_right_to_write_and_is_named(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(LockError, match=rf"LOCK001.*process {os.getpid()}: ."),
        exclusive(tmp_path),
    ):
        pytest.fail("two hold it")


def test_the_right_is_free_again_afterwards_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), exclusive(tmp_path / "new"):
        raise ValueError("broken")
    with exclusive(tmp_path / "new"):
        pass


def test_another_process_is_named_and_its_death_frees_the_right(tmp_path: Path) -> None:
    with holding("the lock", tmp_path) as process:
        with pytest.raises(LockError, match=f"process {process.pid}:"), exclusive(tmp_path):
            pytest.fail("two hold it")
        process.kill()
        process.wait()
        with exclusive(tmp_path):
            pass


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="STG001"), exclusive(tmp_path / "file" / "_state"):
        pytest.fail("nothing to hold")


def test_a_connection_is_closed_and_speaks_utc(tmp_path: Path) -> None:
    warehouse = tmp_path / "new" / "warehouse.duckdb"
    with connect(warehouse) as connection:
        assert connection.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("select 1")


def test_a_read_only_connection_does_not_write(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with connect(warehouse):
        pass
    with connect(warehouse, read_only=True) as connection, pytest.raises(duckdb.Error):
        connection.execute("create table orders (id varchar)")


def test_a_warehouse_open_elsewhere_names_the_process(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with (
        holding("the warehouse", warehouse) as process,
        pytest.raises(LockError, match=f"LOCK001.*process={process.pid}, command=.*-c") as caught,
        connect(warehouse),
    ):
        pytest.fail("two hold it")
    assert len(str(caught.value.context["command"])) <= 300
    assert "\n" not in str(caught.value)


def test_a_reader_that_has_the_warehouse_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with holding("the warehouse", warehouse) as process:
        threading.Timer(0.3, process.kill).start()
        with connect(warehouse) as connection:
            connection.execute("create table orders (id varchar)")


def test_a_file_that_is_no_warehouse_is_a_storage_error(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    warehouse.write_bytes(b"not a database, but long enough to have a header" * 1000)
    with pytest.raises(StorageError, match=r"STG001.*warehouse\.duckdb"), connect(warehouse):
        pytest.fail("nothing to open")


FULL_DISK = """
import resource, sys
from pathlib import Path
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import StorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    with connect(Path(sys.argv[1])) as connection:
        connection.execute("create table orders as from range(1_000_000)")
except StorageError as error:
    print(error, flush=True)
"""


@pytest.mark.parametrize("size", [0, 4096, 100_000], ids=["none", "begun", "made"])
def test_a_full_disk_is_a_storage_error_and_with_room_the_warehouse_opens(
    size: int, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, warehouse, str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("[STG001] the warehouse cannot be")
    with connect(warehouse) as connection:
        assert connection.execute("from duckdb_tables()").fetchall() == []
    assert [each.name for each in tmp_path.iterdir()] == [warehouse.name]


def test_what_is_wrong_with_a_statement_is_no_storage_error(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with pytest.raises(duckdb.CatalogException), connect(warehouse) as connection:
        connection.execute("from nowhere")


def test_a_folder_of_the_warehouse_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(StorageError, match="STG001"),
        connect(tmp_path / "file" / "warehouse.duckdb"),
    ):
        pytest.fail("nothing to open")


def test_a_holder_that_is_gone_has_no_command(tmp_path: Path) -> None:
    error = opening_error(OSError("Conflicting lock is held in x (PID 999999999)"), tmp_path)
    assert isinstance(error, LockError)
    assert error.context == {"process": "999999999"}


def test_a_new_warehouse_has_the_format_that_is_asked_for(tmp_path: Path) -> None:
    with connect(tmp_path / "new.duckdb"):
        pass
    with connect(tmp_path / "new.duckdb", read_only=True) as connection:
        found = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where path is not null"
        ).fetchone()
    assert found == (f"{NEW_FILE['storage_compatibility_version']}+",)


def test_a_warehouse_of_an_older_format_is_opened_as_it_is(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "old.duckdb")).close()
    with connect(tmp_path / "old.duckdb") as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_dbt_makes_files_of_the_same_format() -> None:
    profile = yaml.safe_load((config.PROJECT_ROOT / "profiles.yml").read_text())["hallmark"]
    assert {
        name: output["config_options"] for name, output in profile["outputs"].items()
    } == dict.fromkeys(profile["outputs"], NEW_FILE)
