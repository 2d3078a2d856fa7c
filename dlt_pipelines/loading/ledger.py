"""The row ledger: what was asked for, what came, and what became of each row."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import duckdb
import msgspec

from dlt_pipelines.control.rows import records
from dlt_pipelines.control.views import completed_loads
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import QualityError

Outcome = Literal["loaded", "absent", "partial"]


class LedgerRow(msgspec.Struct, kw_only=True):
    """One run's account of one entity.

    received = deduplicated + unchanged + quarantined + loaded. `deduplicated` rows came twice in
    this run; `unchanged` rows equal the newest stored version of their key. `partial` means that a
    parent was skipped or went meanwhile (named in `note`), `absent` that the server lacks the
    entity.
    """

    source: str
    entity: str
    run_id: str
    outcome: Outcome = "loaded"
    requests: int = 0
    pages: int = 0
    received: int = 0
    deduplicated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    loaded: int = 0
    cursor_before: int | None = None
    cursor_after: int | None = None
    seconds: float = 0.0
    note: str = ""

    def check(self) -> None:
        """Raises QUAL001 when a received row is unaccounted for."""
        accounted = self.deduplicated + self.unchanged + self.quarantined + self.loaded
        if self.received != accounted:
            raise QualityError(
                "the ledger does not balance",
                source=self.source,
                entity=self.entity,
                received=self.received,
                accounted=accounted,
            )


def ledger_of(warehouse: Path, *, source: str, run_id: str) -> list[LedgerRow]:
    """What a run that has ended recorded of a source."""
    with connect(warehouse, read_only=True) as connection:
        return stored_ledger(connection, source=source, run_id=run_id)


def stored_ledger(
    connection: duckdb.DuckDBPyConnection, *, source: str, run_id: str
) -> list[LedgerRow]:
    """The same of a run that may be under way: none unless all that it loaded is stored."""
    query = _STORED.format(source=source, completed=completed_loads(source))
    return records(connection, query, [run_id], kind=LedgerRow)


_STORED = """
select * from raw_{source}._ledger where run_id = ? and _dlt_load_id in ({completed})
"""
