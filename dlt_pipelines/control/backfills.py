"""`control.backfills`: the windows of each backfill, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from dlt_pipelines.control.rows import records
from dlt_pipelines.control.warehouse import connect

Status = Literal["planned", "running", "succeeded", "failed"]

_TABLE = """
create schema if not exists control;
create table if not exists control.backfills (
    command varchar not null,
    source varchar not null,
    entities varchar[] not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    window_start timestamptz not null,
    window_end timestamptz not null,
    run_id varchar,
    status varchar not null,
    planned_at timestamptz not null,
    finished_at timestamptz
);
"""

_LAST = """
select window_start as start, window_end as "end", run_id, status
from control.backfills
where command = $command
qualify planned_at = max(planned_at) over ()
order by window_start
"""

_PLAN = """
insert into control.backfills values (
    $command, $source, $entities, $from_at, $to_at, $start, $end, null, 'planned', $planned_at, null
)
"""

_SET = """
update control.backfills set run_id = $run_id, status = $status, finished_at = $finished_at
where command = $command and window_start = $start
    and planned_at = (select max(planned_at) from control.backfills where command = $command)
"""


class BackfillWindow(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time that one run loads, `end` not included; no `run_id` before it began."""

    start: datetime
    end: datetime
    run_id: str | None = None
    status: Status = "planned"


def unfinished(warehouse: Path, command: str) -> list[BackfillWindow]:
    """All windows of the command's last backfill, none when that is done or never began."""
    if not warehouse.exists():
        return []
    with connect(warehouse) as connection:
        connection.execute(_TABLE)
        windows = records(connection, _LAST, {"command": command}, kind=BackfillWindow)
    return windows if any(each.status != "succeeded" for each in windows) else []


def plan(
    warehouse: Path,
    command: str,
    *,
    source: str,
    entities: Sequence[str],
    windows: Sequence[BackfillWindow],
) -> None:
    """Writes a backfill down before any of it runs: all of its windows, or nothing."""
    shared = {
        "command": command,
        "source": source,
        "entities": list(entities),
        "from_at": windows[0].start,
        "to_at": windows[-1].end,
        "planned_at": datetime.now(UTC),
    }
    with connect(warehouse) as connection:
        connection.execute(_TABLE)
        connection.begin()
        for each in windows:
            connection.execute(_PLAN, shared | {"start": each.start, "end": each.end})
        connection.commit()


def mark(
    warehouse: Path, command: str, window: BackfillWindow, *, run_id: str, status: Status
) -> None:
    """Records that a window began or how it ended."""
    values = {
        "command": command,
        "start": window.start,
        "run_id": run_id,
        "status": status,
        "finished_at": None if status == "running" else datetime.now(UTC),
    }
    with connect(warehouse) as connection:
        connection.execute(_SET, values)
