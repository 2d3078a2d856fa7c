"""`control.runs`: what ran, also what failed, so it is written over our own connection."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ConfigurationError

_TABLES = """
create schema if not exists control;
create table if not exists control.runs (
    run_id varchar not null,
    source varchar not null,
    command varchar not null,
    status varchar not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    error varchar,
    primary key (run_id, source)
);
create table if not exists control.pii_key (
    fingerprint varchar not null,
    first_used_at timestamptz not null
);
"""


_ABANDONED = """
update control.runs set status = 'failed', finished_at = ?, error = 'ended without a word: killed?'
where status = 'running' and run_id <> ?
"""


def new_run_id() -> str:
    """Sorts by time and is unique: `20261120T155126Z-3f9a1c`."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def start(warehouse: Path, *, run_id: str, source: str, command: str, pii_key: str) -> None:
    """Records that a load began. Raises CFG001 when the PII key is not the warehouse's own."""
    now = datetime.now(UTC)
    with connect(warehouse) as connection:
        connection.execute(_TABLES)
        known = connection.execute("select fingerprint from control.pii_key").fetchone()
        if known is None:
            connection.execute("insert into control.pii_key values (?, ?)", [pii_key, now])
        elif known[0] != pii_key:
            raise ConfigurationError(
                "the warehouse's PII tokens were made with another key; bring that key back"
                " (PII__KEY, or _state/pii.key) or load into a new LOCAL_DATA_DIR",
                expected=known[0],
                found=pii_key,
            )
        connection.execute(_ABANDONED, [now, run_id])
        connection.execute(
            "insert into control.runs values (?, ?, ?, 'running', ?, null, null)",
            [run_id, source, command, now],
        )


def finish(warehouse: Path, *, run_id: str, source: str, error: str | None = None) -> None:
    """Records how a load ended."""
    with connect(warehouse) as connection:
        connection.execute(
            """
            update control.runs set status = ?, finished_at = ?, error = ?
            where run_id = ? and source = ?
            """,
            ["failed" if error else "succeeded", datetime.now(UTC), error, run_id, source],
        )
