"""Brings a store's tables up to date, whoever else is doing so at the same moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from contracts.registry.database import Database, prepare_file
from dlt_pipelines.errors import StateError

_SCRIPTS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Migrated:
    """The revision before and after; None when there were no tables."""

    before: str | None
    after: str


def migrate(database: Database) -> Migrated:
    """Applies what is missing. Raises STATE001 when a newer registry has been here, STG001."""
    if database.is_sqlite:
        prepare_file(database.url)
    return database.write("migrate", lambda connection: _upgrade(database, connection))


def _upgrade(database: Database, connection: Connection) -> Migrated:
    database.lock(connection, "migrate")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    before = MigrationContext.configure(connection).get_current_revision()
    after = scripts.get_current_head()
    assert after is not None
    if before == after:
        return Migrated(before, after)
    if before is not None and before not in {each.revision for each in scripts.walk_revisions()}:
        raise StateError(
            "the registry's database was made by a newer version: upgrade hallmark", revision=before
        )
    command.upgrade(config, "head")
    return Migrated(before, after)
