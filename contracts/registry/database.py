"""The store: SQLite in a file or PostgreSQL, read and written through one pair of engines."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from contracts.registry.errors import Unavailable
from dlt_pipelines.errors import ConfigurationError, StorageError

T = TypeVar("T")
Row = Mapping[Any, Any]
"""A row of a table, its values by their columns' names."""
_BUSY_SECONDS = 10
_POOL = {"pool_size": 20, "max_overflow": 20, "pool_timeout": _BUSY_SECONDS}
_POSTGRES = f"-c lock_timeout={_BUSY_SECONDS}s -c statement_timeout=30s -c timezone=UTC"
_NEAR_CACHE = "pragma cache_size = -65536"  # KiB, negated: inner pages of a long history stay
_ATTEMPTS = 4
_TRY_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL's advice is to retry


class Clock(Protocol):
    """Told how long each operation on the store took, and which failed."""

    def store(self, operation: str, seconds: float, *, failed: bool) -> None: ...


class _NoClock:
    def store(self, operation: str, seconds: float, *, failed: bool) -> None:
        pass


class Database:
    """`reads` answers each statement as of its own moment; `write` is one transaction at a time.

    On SQLite a transaction takes the file's one write lock when it begins, in this process in the
    order of arrival; on PostgreSQL transactions run side by side and take the locks they name.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self.url = parsed_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.clock: Clock = clock or _NoClock()
        self._turn = threading.Lock()
        self._writes = self._engine()
        self._reads = self._engine(isolation_level="AUTOCOMMIT")
        self._near: Connection | None = None
        if self.is_sqlite:
            event.listen(self._writes, "begin", _begin_immediate)

    def _engine(self, **options: Any) -> Engine:
        if not self.is_sqlite:
            connect = {"options": _POSTGRES, "connect_timeout": _BUSY_SECONDS}
            pool = {**_POOL, "pool_pre_ping": not options}
            return create_engine(self.url, connect_args=connect, **pool, **options)
        connect = {"timeout": _BUSY_SECONDS}
        engine = create_engine(self.url, connect_args=connect, **_POOL, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine

    @contextmanager
    def read(self, operation: str) -> Iterator[Connection]:
        """A connection to read from. Raises `Unavailable` when the store does not answer."""
        with self._timed(operation), self._reads.connect() as connection:
            yield connection

    @contextmanager
    def near(self, operation: str) -> Iterator[Connection]:
        """As `read`, for the event loop's thread alone, and SQLite: a connection that is kept.

        Its reads take microseconds and wait for nobody; taking one from the pool costs as much.
        """
        assert self.is_sqlite
        with self._timed(operation):
            if self._near is None:
                self._near = self._reads.connect()
                self._near.exec_driver_sql(_NEAR_CACHE)
            try:
                yield self._near
            except DBAPIError:
                self._near.close()
                self._near = None
                raise

    def write(self, operation: str, work: Callable[[Connection], T]) -> T:
        """Does `work` in one transaction, again when PostgreSQL asks for it.

        Raises `Unavailable` when the store does not answer or stays locked.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._timed(operation), self._transaction() as connection:
                    return work(connection)
            except DBAPIError as error:
                state = getattr(error.orig, "sqlstate", None)
                if state not in _TRY_AGAIN:
                    raise
                if attempt == _ATTEMPTS:
                    raise Unavailable("the store is busy: try again") from error
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if not self.is_sqlite:
            with self._writes.begin() as connection:
                yield connection
            return
        if not self._turn.acquire(timeout=_BUSY_SECONDS):
            raise Unavailable("the store is busy: try again")
        try:
            with self._writes.begin() as connection:
                yield connection
        finally:
            self._turn.release()

    def lock(self, connection: Connection, *names: str) -> None:
        """Waits until no other transaction holds a lock of that name; SQLite holds them all."""
        if not self.is_sqlite:
            statement = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
            connection.execute(statement, {"name": "\n".join(names)})

    @contextmanager
    def _timed(self, operation: str) -> Iterator[None]:
        began, failed = time.perf_counter(), False
        try:
            yield
        except (OperationalError, PoolTimeout) as error:
            failed = True
            if isinstance(error, OperationalError) and (
                getattr(error.orig, "sqlstate", None) in _TRY_AGAIN
            ):
                raise
            raise Unavailable("the store does not answer: try again") from error
        except DatabaseError as error:
            failed = True
            if type(error) is not DatabaseError:  # a constraint, a type: not the file's fault
                raise
            raise Unavailable("the store is damaged: put the last backup in its place") from error
        except Unavailable:
            failed = True
            raise
        finally:
            self.clock.store(operation, time.perf_counter() - began, failed=failed)

    def close(self) -> None:
        if self._near is not None:
            self._near.close()
        self._reads.dispose()
        self._writes.dispose()


def parsed_url(url: str) -> URL:
    """A database URL with the driver that is installed. Raises CFG001 for any other database."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "the registry's database URL cannot be read: write sqlite:///<file> or"
            " postgresql://<user>@<host>/<database>"
        ) from error
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ConfigurationError(
            "the registry keeps its data in SQLite or PostgreSQL", database=backend
        )
    if not parsed.database or parsed.database == ":memory:":
        raise ConfigurationError("the registry's SQLite database is a file: sqlite:///<file>")
    return parsed


def prepare_file(url: URL) -> None:
    """Makes an SQLite file that only its owner reads, if it is not there. Raises STG001."""
    assert url.database is not None
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StorageError("cannot write", path=path, cause=error.strerror) from error


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy begins them
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    cursor.execute("pragma synchronous = full")  # an answer that was given survives a power cut
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")
