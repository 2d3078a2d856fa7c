"""How Alembic runs the migrations: on the connection it is given, in that one transaction."""

from __future__ import annotations

from alembic import context

from contracts.registry.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
