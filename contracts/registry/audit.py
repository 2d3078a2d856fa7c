"""The audit trail: each change with who made it, what was and what is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from contracts.registry.models import AuditEntry
from contracts.registry.paging import page_of


@dataclass(frozen=True)
class Actor:
    """Who is answerable for a change, and the call it came with."""

    name: str
    correlation_id: str


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    target: str,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    """Writes an entry in the change's own transaction.

    A target is a path: `<dataset id>`, `<dataset id>/<layer>/<version>`, `<token id>`.
    """
    connection.execute(
        insert(AuditEntry).values(
            at=datetime.now(UTC),
            actor=actor.name,
            action=action,
            target=target,
            root=_root(target),
            old=_text(old),
            new=_text(new),
            correlation_id=actor.correlation_id,
        )
    )


def _root(target: str) -> str:
    return target.partition("/")[0]


def _text(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, sort_keys=True, default=_moment)


def _moment(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()


@dataclass(frozen=True, kw_only=True)
class Entry:
    audit_id: int
    at: datetime
    actor: str
    action: str
    target: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    correlation_id: str


_COLUMNS = [column for column in AuditEntry.__table__.columns if column.name != "root"]


def entries(
    connection: Connection, *, target: str | None, actor: str | None, page: int, page_size: int
) -> tuple[list[Entry], int]:
    """A page of the trail, newest first, and how many entries there are.

    `target` finds what happened to it and to what is below it.
    """
    query = select(*_COLUMNS)
    if target is not None:
        below = AuditEntry.target.startswith(f"{target}/", autoescape=True)
        query = query.where(AuditEntry.root == _root(target), (AuditEntry.target == target) | below)
    if actor is not None:
        query = query.where(AuditEntry.actor == actor)
    newest = AuditEntry.audit_id.desc()
    rows, total = page_of(connection, query, newest, number=page, size=page_size)
    return [_entry(dict(row)) for row in rows], total


def _entry(row: dict[str, Any]) -> Entry:
    for column in ("old", "new"):
        row[column] = None if row[column] is None else json.loads(row[column])
    return Entry(**row)
