"""The tables: made by migrations alone, and what they hold cannot be changed by any statement."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from registry_server import Running, good, problem, rows, running
from registry_stores import new_store
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from contracts.registry import migrate as migration
from contracts.registry.database import Database, parsed_url
from contracts.registry.migrate import migrate
from contracts.registry.models import Base
from dlt_pipelines.errors import ConfigurationError, StateError


@pytest.fixture
def database(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store of this test's own, of the kind that is the file's turn."""
    kind = "sqlite" if store.startswith("sqlite") else "postgresql"
    made = Database(new_store(kind, request, tmp_path))
    yield made
    made.close()


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    migrated = migrate(database)
    assert migrated.before is None and migrate(database).before == migrated.after

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    assert database.write("test", differences) == []


def test_every_migration_has_a_way_back(database: Database) -> None:
    migrate(database)

    def down(connection: Connection) -> list[str]:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(migration._SCRIPTS))
        command.downgrade(config, "base")
        return inspect(connection).get_table_names()

    assert database.write("test", down) == ["alembic_version"]
    assert migrate(database).before is None


def test_many_servers_may_start_at_once(database: Database) -> None:
    databases = [Database(database.url.render_as_string(hide_password=False)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(migrate, databases))
    assert len({each.after for each in done}) == 1
    assert [each.before for each in done].count(None) == 1
    for each in databases:
        each.close()


def test_a_store_of_a_newer_registry_is_left_alone(database: Database) -> None:
    migrate(database)
    newer = text("update alembic_version set version_num = '9999'")
    database.write("test", lambda connection: connection.execute(newer))
    with pytest.raises(StateError, match="newer version"):
        migrate(database)


INSERT = (
    "insert into contract_versions (dataset_id, layer, version, previous, schema_hash, is_current,"
    " compatibility, compatible, created_at, created_by, correlation_id) select dataset_id, layer,"
    " {version}, {previous}, schema_hash, {current}, compatibility, compatible, created_at,"
    " created_by, correlation_id from contract_versions where version = 1"
)
REFUSED = {
    "a gap": INSERT.format(version=4, previous=3, current="false"),
    "a number twice": INSERT.format(version=2, previous=1, current="false"),
    "a predecessor of another": INSERT.format(version=3, previous=1, current="false"),
    "a second first": INSERT.format(version=3, previous="null", current="false"),
    "two current": INSERT.format(version=3, previous=2, current="true"),
    "two current by update": "update contract_versions set is_current = true",
    "a changed verdict": "update contract_versions set compatibility = 'none'",
    "another schema": "update contract_versions set schema_hash = 'x'",
    "a deleted version": "delete from contract_versions where version = 2",
    "a changed schema": "update schema_artifacts set canonical = schema_hash::bytea",
    "a deleted schema": "delete from schema_artifacts",
    "a changed trail": "update audit_log set actor = 'nobody'",
    "a deleted trail": "delete from audit_log",
    "an unknown layer": "update datasets set status = 'lost'",
}


@pytest.fixture(scope="module")
def filled(server: Running) -> Running:
    dataset_id = server.api.dataset()
    for more in ({}, {"more": "string"}):
        good(server.api.ingest(dataset_id, rows(id_="string", **more)))
    return server


@pytest.mark.parametrize("statement", REFUSED.values(), ids=list(REFUSED))
def test_the_database_itself_refuses(filled: Running, statement: str) -> None:
    database = filled.services.database
    if database.is_sqlite:
        statement = statement.replace("::bytea", "")
    with pytest.raises(DBAPIError):
        database.write("test", lambda connection: connection.execute(text(statement)))


def test_the_next_version_is_taken(filled: Running) -> None:
    """What the refusals above have in common is not that the statement is wrong."""
    statement = text(INSERT.format(version=3, previous=2, current="false"))

    def work(connection: Connection) -> int:
        return int(connection.execute(statement).rowcount)

    assert filled.services.database.write("test", work) == 1


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense", "postgresql+none://x/y"]
)
def test_another_database_is_refused_by_name(url: str) -> None:
    if url.startswith("postgresql"):
        assert parsed_url(url).drivername == "postgresql+psycopg"
        return
    with pytest.raises(ConfigurationError):
        parsed_url(url)


def held(database: Database, until: threading.Event) -> Callable[[], None]:
    """A transaction of another process that holds the store's lock."""

    def hold() -> None:
        def work(connection: Connection) -> None:
            if not database.is_sqlite:
                connection.execute(text("lock table datasets in access exclusive mode"))
            begun.set()
            until.wait(60)

        database.write("test", work)

    begun = threading.Event()
    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert begun.wait(30)
    return thread.join


def test_a_store_that_stays_locked_is_a_503_and_nothing_is_stored(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contracts.registry.database._BUSY_SECONDS", 1)
    monkeypatch.setattr("contracts.registry.database._POSTGRES", "-c lock_timeout=1s")
    with running(store) as patient:
        other = Database(store)
        done = threading.Event()
        join = held(other, done)
        new = {"namespace": "tests", "name": "locked", "owner": "o"}
        answer = patient.api.post("/datasets", new)
        problem(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        done.set()
        join()
        other.close()
        good(patient.api.post("/datasets", new))
        failed = 'registry_store_errors_total{operation="dataset.create"} 1.0'
        assert failed in patient.api.get("/metrics").text


def test_a_store_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    with running(f"sqlite:///{path}") as started:
        assert started.api.get("/readyz").ok
        started.services.database.write(
            "test", lambda connection: connection.execute(text("drop table tokens"))
        )
        problem(started.api.get("/readyz"), 503, "unavailable")
        assert started.api.get("/healthz").ok


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "registry.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    assert path.stat().st_mode & 0o777 == 0o600
