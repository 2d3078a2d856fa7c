"""docs/registry/data-model.md as the migrated schema has it, below what is written by hand.

`.venv/bin/python tests/contracts/registry/data_model_page.py` writes what is generated anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Inspector, inspect, text

from contracts.registry.database import Database
from contracts.registry.migrate import migrate
from contracts.registry.models import Base
from dlt_pipelines import config

PAGE = config.PROJECT_ROOT / "docs" / "registry" / "data-model.md"
MARK = "<!-- from the migrated schema -->\n"


def generated(database: Database) -> str:
    """All that stands below the mark, of a store that is up to date."""
    with database.read("page") as connection:
        triggers = connection.execute(
            text("select tbl_name, name from sqlite_master where type = 'trigger' order by name")
        ).all()
        inspector = inspect(connection)
        lines = [""]
        for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
            lines += [f"## {table}", "", *_about(table), *_columns(inspector, table), ""]
            lines += [*_constraints(inspector, table)]
            lines += [f"- trigger `{name}`" for of, name in triggers if of == table]
            lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def _about(table: str) -> Iterator[str]:
    for mapper in Base.registry.mappers:
        if mapper.local_table.name == table:
            yield from (" ".join((mapper.class_.__doc__ or "").split()), "")


def _columns(inspector: Inspector, table: str) -> Iterator[str]:
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    yield from ("| column | type | null | key |", "|---|---|---|---|")
    for column in inspector.get_columns(table):
        name, kind = column["name"], str(column["type"]).lower()
        null = "yes" if column["nullable"] else "no"
        yield f"| `{name}` | {kind} | {null} | {'primary' if name in key else ''} |"


def _constraints(inspector: Inspector, table: str) -> Iterator[str]:
    for each in inspector.get_foreign_keys(table):
        columns, referred = (
            ", ".join(each[name]) for name in ("constrained_columns", "referred_columns")
        )
        yield f"- ({columns}) refers to `{each['referred_table']}` ({referred})"
    for unique in inspector.get_unique_constraints(table):
        yield f"- ({', '.join(unique['column_names'])}) is unique"
    for check in sorted(inspector.get_check_constraints(table), key=lambda it: str(it["name"])):
        yield f"- check `{check['name']}`: `{' '.join(check['sqltext'].split())}`"
    for index in sorted(inspector.get_indexes(table), key=lambda it: str(it["name"])):
        where = index.get("dialect_options", {}).get("sqlite_where")
        only = f" where {where}" if where is not None else ""
        kind = "unique index" if index["unique"] else "index"
        yield f"- {kind} `{index['name']}`: ({', '.join(map(str, index['column_names']))}){only}"


def new_store(folder: Path) -> Database:
    """A store whose tables are up to date."""
    database = Database(f"sqlite:///{folder / 'registry.sqlite'}")
    migrate(database)
    return database


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        store = new_store(Path(made))
        written, _, _ = PAGE.read_text("utf-8").partition(MARK)
        PAGE.write_text(written + MARK + generated(store), "utf-8")
        store.close()
