"""The row ledger as a command shows it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from dlt_pipelines.loading.ledger import LedgerRow
from scripts.console import Output

_SUMMED = ("requests", "pages", "received", "deduplicated", "unchanged", "quarantined", "loaded")
_ALWAYS = ("requests", "received", "loaded")


def summed(ledger: Sequence[LedgerRow]) -> list[LedgerRow]:
    """One row for each entity of several runs, in the name of the last; its notes, each once."""
    totals: dict[tuple[str, str], LedgerRow] = {}
    for row in ledger:
        so_far = totals.get((row.source, row.entity))
        totals[row.source, row.entity] = _added(so_far, row) if so_far else row
    return list(totals.values())


def _added(one: LedgerRow, other: LedgerRow) -> LedgerRow:
    counts = {name: getattr(one, name) + getattr(other, name) for name in _SUMMED}
    notes = dict.fromkeys(note for note in (*one.note.split("; "), other.note) if note)
    return replace(
        other,
        **counts,
        outcome=one.outcome if other.outcome == "loaded" else other.outcome,
        seconds=one.seconds + other.seconds,
        note="; ".join(notes),
    )


def show_ledger(output: Output, ledger: Sequence[LedgerRow]) -> None:
    """A table for each source; counts that are 0 everywhere are left out."""
    if not ledger:
        return
    counts = ["requests", "received", "loaded", "unchanged", "deduplicated", "quarantined"]
    shown = [name for name in counts if name in _ALWAYS or any(getattr(r, name) for r in ledger)]
    columns = ("entity", *shown, "outcome")
    for source in dict.fromkeys(row.source for row in ledger):
        rows = [
            (row.entity, *(getattr(row, name) for name in shown), _outcome(row))
            for row in ledger
            if row.source == source
        ]
        output.table(f"Loaded from {source}", columns, rows)


def _outcome(row: LedgerRow) -> str:
    return f"{row.outcome}: {row.note}" if row.note else row.outcome
