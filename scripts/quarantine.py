"""What the `hallmark quarantine` commands do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any

import msgspec
from dlt.extract import DltSource

from contracts.odcs import load_source
from dlt_pipelines import config
from dlt_pipelines.control.runs import new_run_id
from dlt_pipelines.control.warehouse import exclusive
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading.extract import LoadRun
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.pages import UNDECODABLE
from dlt_pipelines.loading.pipelines import load, rehearse
from dlt_pipelines.loading.quarantine import (
    Quarantined,
    QuarantinedRow,
    Status,
    chosen,
    quarantined_rows,
)
from dlt_pipelines.loading.quarantine_replay import (
    discard,
    landed_row,
    quarantine_source,
    rehearse_quarantine,
)
from expectations.wording import count
from scripts.console import Output
from scripts.ledger import show_ledger
from scripts.masked import lines_of, masked
from scripts.status_page import writing
from scripts.warehouse import existing_warehouse

_COLUMNS = (
    "id",
    "entity",
    "key",
    "status",
    "what does not fit",
    "times",
    "first seen",
    "last seen",
)
_SHORT = 8


def show_rows(
    output: Output, sources: Sequence[str], *, entities: Sequence[str], status: Status | None
) -> None:
    """Each source's quarantined rows, newest first."""
    found = {source: _rows(source, entities=entities, status=status) for source in sources}
    for source, rows in found.items():
        if rows:
            output.table(f"Quarantine of {source}", _COLUMNS, map(_line, rows))
        else:
            output.say(f"no {status or 'quarantined'} row of {source}")
    output.result(found)


def _line(row: QuarantinedRow) -> tuple[object, ...]:
    return (
        row.row_id[:_SHORT],
        row.entity,
        row.key,
        row.status,
        f"{row.json_path}: {row.reason}",
        row.times_seen,
        row.first_seen,
        row.last_seen,
    )


def show_row(output: Output, source: str, id_: str, *, reveal: bool) -> None:
    """A row with the place that does not fit. Raises CFG001 for an id that names no row."""
    (row,) = chosen(_rows(source), [id_])
    with closing(Landing(config.landing_url())) as landing:
        raw = landed_row(landing, load_source(source), row)
    value = _decoded(raw)
    if reveal:
        output.done("the row's values follow: they may be personal")
    facts = msgspec.to_builtins(row, str_keys=True)
    output.block(f"{source} {row.entity}", [(name, str(facts[name])) for name in _FACTS])
    for line in lines_of(value, row.json_path, row.reason, reveal=reveal):
        output.say(line)
    output.result({**facts, "row": value if reveal else masked(value)})


_FACTS = ("row_id", "status", "contract_version", "run_id", "landing_file", "landing_row")


def _decoded(raw: msgspec.Raw) -> Any:
    """The row as a value; what is no JSON inside is told by its length alone."""
    try:
        return msgspec.json.decode(raw)
    except UNDECODABLE:
        return f"{len(bytes(raw))} bytes that are no JSON"


def replay_rows(
    output: Output, source: str, *, entities: Sequence[str], ids: Sequence[str], dry_run: bool
) -> None:
    """Loads the open rows that fit by now, and says of the others why they do not."""
    with exclusive(config.state_dir()) if dry_run else writing(output):
        rows = _to_replay(source, entities, ids)
        if not rows:
            output.say(f"no open row of {source} to replay")
            output.result({"run_id": None, "ledger": [], "unfit": []})
            return
        run_id = new_run_id()
        with output.step(f"replay quarantine of {source}"):
            act = _rehearsed if dry_run else _replayed
            ledger, unfit = act(source, rows, run_id)
    _show_replay(output, source, ledger, unfit, dry_run=dry_run)
    done_by = None if dry_run else run_id
    output.result({"run_id": done_by, "ledger": ledger, "unfit": unfit})


def _to_replay(source: str, entities: Sequence[str], ids: Sequence[str]) -> list[QuarantinedRow]:
    if not ids:
        return _rows(source, entities=entities, status="open")
    return [
        row for row in chosen(_rows(source, entities=entities), ids) if row.status != "replayed"
    ]


Replayed = tuple[list[LedgerRow], list[Quarantined]]
"""The ledger, and the rows that still do not fit."""


def _rehearsed(source: str, rows: Sequence[QuarantinedRow], run_id: str) -> Replayed:
    run = rehearse(source, partial(rehearse_quarantine, rows=rows), run_id=run_id)
    return run.ledger, run.quarantined


def _replayed(source: str, rows: Sequence[QuarantinedRow], run_id: str) -> Replayed:
    begun: list[LoadRun] = []

    def make(run: LoadRun) -> DltSource:
        begun.append(run)
        return quarantine_source(run, rows)

    command, watch = "quarantine replay", lambda row: None
    ledger = load(source, make, run_id=run_id, command=command, watch=watch, replay=True)
    return ledger, begun[0].quarantined


def _show_replay(
    output: Output,
    source: str,
    ledger: Sequence[LedgerRow],
    unfit: Sequence[Quarantined],
    *,
    dry_run: bool,
) -> None:
    show_ledger(output, ledger)
    if unfit:
        rows = [(each.row_id[:_SHORT], each.entity, each.json_path, each.reason) for each in unfit]
        output.table(f"Still not fitting of {source}", ("id", "entity", "field", "why"), rows)
    fits = sum(row.received - row.quarantined for row in ledger)
    verb = "would load" if dry_run else "loaded"
    output.say(f"{verb} {count(fits, 'row')} that by now fit; still not fitting: {len(unfit):,}")


def discard_rows(output: Output, source: str, ids: Sequence[str], *, reason: str) -> None:
    """Records that open rows are not wanted. Raises CFG001 when one is not open."""
    with writing(output):
        rows = chosen(_rows(source), ids)
        for row in rows:
            if row.status != "open":
                raise ConfigurationError(
                    "only open rows are discarded", id=row.row_id, status=row.status
                )
        run_id = new_run_id()
        discard(source, rows, run_id=run_id, reason=reason)
    output.say(f"{count(len(rows), 'row')} of {source} discarded by run {run_id}")
    output.result({"run_id": run_id, "discarded": [row.row_id for row in rows]})


def _rows(
    source: str, *, entities: Sequence[str] = (), status: Status | None = None
) -> list[QuarantinedRow]:
    with existing_warehouse() as connection:
        return quarantined_rows(connection, source, entities=entities, status=status)
