"""`control.runs`: what ran, also what failed, so it is written over our own connection."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
    server varchar,
    primary key (run_id, source)
);
alter table control.runs add column if not exists server varchar;
create table if not exists control.pii_key (
    fingerprint varchar not null,
    first_used_at timestamptz not null
);
"""


KILLED = "ended without a word: killed?"
_ABANDONED = """
update control.runs set status = 'failed', finished_at = ?, error = ?
where status = 'running' and run_id <> ?
"""


_SERVER = "select server from control.runs where run_id = ? and source = ?"
_START = """
insert into control.runs (run_id, source, command, status, started_at, server)
values (?, ?, ?, 'running', ?, ?)
on conflict do update
set status = 'running', finished_at = null, error = null, server = excluded.server
"""
_RESUMED_CODES = ("RETRY001", "AUTH001", "STG001", "LOCK001")
"""What may be over when the run is started again; what landed until then is good."""
_RESUMED_FOR = timedelta(hours=24)
_LATEST = """
select run_id, command, status, started_at, error from control.runs
where list_contains(?, source) and run_id = coalesce(?, run_id)
order by started_at desc limit 1
"""
_RUN_ID = re.compile("([0-9]{8}T[0-9]{6})Z(-[A-Za-z0-9][A-Za-z0-9_-]{0,39})?")


@dataclass(frozen=True)
class Unfinished:
    """A run that was cut off, and why."""

    run_id: str
    reason: str


def unfinished(
    warehouse: Path, sources: Sequence[str], command: str, run_id: str | None = None
) -> Unfinished | None:
    """The last run of these sources, when it is the same command and was killed or cut off.

    With a `run_id` that run instead of the last. To be asked under the warehouse's lock: a run that
    is `running` then is none any more. What landed more than a day ago is not gone on with.

    Raises CFG001 when the run of that id is another command's.
    """
    if not warehouse.exists():
        return None
    with connect(warehouse) as connection:
        connection.execute(_TABLES)
        row = connection.execute(_LATEST, [list(sources), run_id]).fetchone()
    if row is None:
        return None
    last_id, last_command, status, started_at, error = row
    if run_id is not None and last_command != command:
        raise ConfigurationError(
            "this run id is another command's; repeat that one, or give another id",
            run_id=run_id,
            command=last_command,
        )
    killed = status == "running" or error in (KILLED, KeyboardInterrupt.__name__)
    resumed = killed or (error or "").startswith(tuple(f"[{code}]" for code in _RESUMED_CODES))
    is_recent = datetime.now(UTC) - started_at < _RESUMED_FOR
    if status == "succeeded" or last_command != command or not resumed or not is_recent:
        return None
    return Unfinished(last_id, "killed" if killed else error)


def succeeded(warehouse: Path, *, run_id: str, source: str) -> bool:
    """Whether a run has loaded a source already."""
    if not warehouse.exists():
        return False
    with connect(warehouse) as connection:
        connection.execute(_TABLES)
        row = connection.execute(
            "select status from control.runs where run_id = ? and source = ?", [run_id, source]
        ).fetchone()
    return row == ("succeeded",)


def new_run_id() -> str:
    """Sorts by time and is unique: `20261120T155126Z-3f9a1c`."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def began_at(run_id: str) -> datetime:
    """The moment in a run's id, which may end in a word: `20261120T060000Z-daily`.

    Raises ValueError for what is no run id.
    """
    found = _RUN_ID.fullmatch(run_id)
    if found is None:
        raise ValueError(f"{run_id!r} is no run id")
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def day_of(run_id: str) -> date:
    """The day a run began, so that a run that goes on after midnight keeps its day."""
    try:
        return datetime.strptime(run_id[:8], "%Y%m%d").date()
    except ValueError:
        return datetime.now(UTC).date()


def start(
    warehouse: Path, *, run_id: str, source: str, command: str, pii_key: str, server: str = ""
) -> bool:
    """Records that a load began, or goes on; whether its earlier attempt asked the same `server`.

    That one is told by a fingerprint, "" when none is asked. Raises CFG001 when the PII key is not
    the warehouse's own.
    """
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
        connection.execute(_ABANDONED, [now, KILLED, run_id])
        earlier = connection.execute(_SERVER, [run_id, source]).fetchone()
        connection.execute(_START, [run_id, source, command, now, server])
    return earlier is None or earlier[0] in (None, server)


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
