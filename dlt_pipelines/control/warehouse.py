"""Opens the warehouse, one process at a time."""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_fixed

from dlt_pipelines.errors import LockError, StorageError

_STORAGE = (duckdb.OperationalError, duckdb.InternalError, duckdb.FatalException)
"""The disk is full or the file damaged; what is wrong with a statement is another kind."""
NEW_FILE = {"storage_compatibility_version": "v1.4.0"}
"""The format of a new file. DuckDB writes whole indexes anew at each checkpoint in older ones."""
_ATTEMPTS, _PAUSE = 60, 0.05
_HOLDER = re.compile(r"\(PID (\d+)\)")


@contextmanager
def exclusive(state_dir: Path, what: str = "warehouse") -> Iterator[None]:
    """Holds the right to write to `what`; LOCK001 names the process that has it.

    The kernel lets go of the lock when its holder dies, so that no lock is ever stale. Raises
    STG001 when the folder cannot be written to.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state_dir / f"{what}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageError("cannot write", path=state_dir, cause=error.strerror) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 400, 0).decode("utf-8", "replace").strip()
            raise LockError(
                f"another command is writing to the {what}; wait for it or end it", holder=holder
            ) from None
        os.ftruncate(descriptor, 0)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(descriptor, f"process {os.getpid()}: {command[:300]}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _when_free() -> Retrying:
    """Tries to open the warehouse again while another process has it, some three seconds long.

    Readers come and go (`hallmark status` holds it for a moment), and must not end a load.
    """
    return Retrying(
        retry=retry_if_exception(lambda error: held_elsewhere(error) is not None),
        wait=wait_fixed(_PAUSE),
        stop=stop_after_attempt(_ATTEMPTS),
        reraise=True,
    )


def held_elsewhere(error: BaseException) -> BaseException | None:
    """The error in the chain by which DuckDB says that another process has the file."""
    return next((each for each in chain(error) if "Could not set lock" in str(each)), None)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def connect(warehouse: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of our own, closed at the end so that other processes can open the file.

    Inside the block dlt and further calls open it again in no time: they share what is open.

    Raises LOCK001 naming the process that keeps the file, STG001 when it cannot be opened, or not
    be read or written any more.
    """
    try:
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        if not read_only and not warehouse.exists():
            _create(warehouse)
        connection = _when_free()(duckdb.connect, str(warehouse), read_only)
    except (OSError, duckdb.Error) as error:
        raise opening_error(error, warehouse) from error
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    except _STORAGE as error:
        raise StorageError(
            "the warehouse cannot be read or written", path=warehouse, cause=error
        ) from error
    finally:
        connection.close()


def _create(warehouse: Path) -> None:
    """Makes an empty warehouse, whole or not at all: DuckDB opens no file that it began to make."""
    with TemporaryDirectory(prefix=f".{warehouse.name}.", dir=warehouse.parent) as folder:
        made = Path(folder, warehouse.name)
        duckdb.connect(str(made), config={**NEW_FILE}).close()
        made.replace(warehouse)


def has_control_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a table of schema `control` was made yet: the first that writes to it does."""
    query = "select 1 from duckdb_tables() where schema_name = 'control' and table_name = ?"
    return connection.execute(query, [name]).fetchone() is not None


def opening_error(error: BaseException, warehouse: Path) -> LockError | StorageError:
    """Why DuckDB could not open the warehouse, as a coded error."""
    holder = _HOLDER.search(str(error))
    if holder is None:
        return StorageError("the warehouse cannot be opened", path=warehouse, cause=error)
    return LockError(
        "the warehouse is open in another process; close it and try again",
        process=holder.group(1),
        command=_command_line(int(holder.group(1))),
    )


def _command_line(process: int) -> str | None:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    text = b" ".join(words[:3]).decode("utf-8", "replace")
    return " ".join(text.split())[:120] or None
