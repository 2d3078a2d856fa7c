"""Compares what tables promise with what they promised: facts, no verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.diff import ROW, Change, Place, compared
from contracts.tables import Column, Table, Tables


def diff_tables(old: Tables, new: Tables) -> Iterator[tuple[Table, list[Change]]]:
    """Each table that differs, as it was (or as it is, when it is new), with what differs."""
    for key in old | new:
        changes = diff_table(old.get(key), new.get(key))
        if changes:
            yield old.get(key) or new[key], changes


def diff_table(old: Table | None, new: Table | None) -> list[Change]:
    """What one table says otherwise; None where it is not there."""
    return list(_table(old, new) if old and new else _presence(old, new))


def _presence(old: Table | None, new: Table | None) -> Iterator[Change]:
    """A table that came, or that went; what has passed its deprecation date may go."""
    went = "retired" if old and old.retired else "table"
    names = (table and table.relation for table in (old, new))
    yield from compared(ROW, went, *names)


def _table(old: Table, new: Table) -> Iterator[Change]:
    gave_way = old.relation != new.relation and old.is_latest and not new.is_latest
    yield from compared(ROW, "latest" if gave_way else "relation", old.relation, new.relation)
    yield from compared(ROW, "access", old.access, new.access)
    for constraint in sorted({*old.constraints, *new.constraints}):
        held = (constraint if constraint in table.constraints else None for table in (old, new))
        yield from compared(ROW, "constraint", *held)
    yield from _columns(old.columns, new.columns)


def _columns(old: Sequence[Column], new: Sequence[Column]) -> Iterator[Change]:
    before, after = ({column.name: column for column in columns} for columns in (old, new))
    renamed = _renamed(old, new)
    for name in before | after:
        place = ROW.below(name)
        if name in before and name in after:
            yield from _column(place, before[name], after[name])
        elif name in renamed:
            yield from compared(place, "column", name, renamed[name])
        elif name not in renamed.values():
            types = (column and column.type for column in (before.get(name), after.get(name)))
            yield from compared(place, "column", *types)


def _column(place: Place, old: Column, new: Column) -> Iterator[Change]:
    yield from compared(place, "type", old.type, new.type)
    yield from compared(place, "required", old.required, new.required)
    yield from compared(place, "pii", old.pii, new.pii)


def _renamed(old: Sequence[Column], new: Sequence[Column]) -> dict[str, str]:
    """A guess at new names of what is gone: of the same type, and between the same columns."""
    kept = {column.name for column in old} & {column.name for column in new}
    places = {_between(column, new, kept): column for column in new if column.name not in kept}
    guesses = {}
    for column in old:
        found = places.get(_between(column, old, kept))
        if column.name not in kept and found and found.type == column.type:
            guesses[column.name] = found.name
    return guesses


def _between(column: Column, columns: Sequence[Column], kept: set[str]) -> tuple[str, int]:
    """The kept column before it, and how many came between."""
    before = list(columns[: columns.index(column)])
    distance = 0
    while before and before[-1].name not in kept:
        before.pop()
        distance += 1
    return (before[-1].name if before else "", distance)
