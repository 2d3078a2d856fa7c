"""Versions, schemas and the audit trail never change: the database itself refuses."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_VERSION_COLUMNS = (
    "dataset_id, layer, version, previous, schema_hash, schema_registry_id, compatibility,"
    " compatible, compared_with, created_at, created_by, correlation_id"
)
_KEPT = (  # all of a version but `is_current`
    ("contract_versions", f"update of {_VERSION_COLUMNS}"),
    ("contract_versions", "delete"),
    ("schema_artifacts", "update"),
    ("schema_artifacts", "delete"),
    ("audit_log", "update"),
    ("audit_log", "delete"),
)
_FUNCTION = """
create function never_changes() returns trigger language plpgsql as
$$ begin raise exception 'rows of % never change', tg_table_name; end $$
"""


def upgrade() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    if not sqlite:
        op.execute(_FUNCTION)
    for table, action in _KEPT:
        head = f"create trigger {_name(table, action)} before {action} on {table}"
        if sqlite:
            refusal = f"select raise(abort, 'rows of {table} never change')"
            op.execute(f"{head} begin {refusal}; end")
        else:
            op.execute(f"{head} for each row execute function never_changes()")


def downgrade() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    for table, action in _KEPT:
        op.execute(f"drop trigger {_name(table, action)}" + ("" if sqlite else f" on {table}"))
    if not sqlite:
        op.execute("drop function never_changes()")


def _name(table: str, action: str) -> str:
    return f"{table}_no_{action.split()[0]}"
