"""What goes wrong with the rows of an answer: their order, their number, their shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET

from scripts.mock_api.faults.dialects import Fields, Json
from scripts.mock_api.faults.fault import Fault


@dataclass(frozen=True)
class Rows:
    """The rows of one answer, changed in place.

    `walk` is the same for all pages of a list; `continues` is False on the first of them.
    """

    entity: str
    walk: str
    continues: bool
    rows: list[Json]


RowsChange = Callable[[Fault, Rows], None]
FieldChange = Callable[[Json, str, Any], None]


def rows_of(content: Any) -> list[Json]:
    """A list's rows, whichever shape it comes in, or the one object that was retrieved."""
    if isinstance(content, list):
        is_wrapped = len(content) == 1 and "results" in content[0]
        return rows_of(content[0]) if is_wrapped else content
    for key in ("data", "results"):
        if isinstance(content.get(key), list):
            found: list[Json] = content[key]
            return found
    return [content]


def shuffle(fault: Fault, page: Rows) -> None:
    fault.random.shuffle(page.rows)


def duplicate(fault: Fault, page: Rows) -> None:
    """The last row comes twice, and once more at the head of the next page that is struck.

    No row is displaced: the page is longer than was asked for, and its last row stays the last.
    """
    if not page.rows:
        return
    before, last = fault.tails.get(page.walk), page.rows[-1]
    fault.tails[page.walk] = last
    page.rows.append(last)
    if page.continues and before is not None:
        page.rows.insert(0, before)


def drift(default: Callable[[Fields], tuple[str, object]], change: FieldChange) -> RowsChange:
    """Changes one field of every row: the fault's, or the entity's default with its value."""

    def changed(fault: Fault, page: Rows) -> None:
        fields = fault.dialect.entities.get(page.entity)
        if fields is None:
            return
        name, value = default(fields)
        *parents, name = (fault.spec.field or name).split(".")
        for holder in _holders(page.rows, parents):
            change(holder, name, value if fault.spec.value is UNSET else fault.spec.value)

    return changed


def _holders(rows: Iterable[Json], parents: Iterable[str]) -> list[Json]:
    """The objects at a path of keys; a list on the way stands for each of its members."""
    found = list(rows)
    for parent in parents:
        values = [holder.get(parent) for holder in found]
        members = [each for value in values for each in (value if type(value) is list else [value])]
        found = [each for each in members if isinstance(each, dict)]
    return found


def add(holder: Json, name: str, value: object) -> None:
    holder[name] = value


def remove(holder: Json, name: str, _: object) -> None:
    holder.pop(name, None)


def put(holder: Json, name: str, value: object) -> None:
    """Where the field is absent it stays absent."""
    if name in holder:
        holder[name] = value


def retype(holder: Json, name: str, value: object) -> None:
    """Text becomes a list and all else becomes text, when no value is given; null stays null."""
    old = holder.get(name)
    if old is not None:
        as_other = [old] if isinstance(old, str) else msgspec.json.encode(old).decode()
        holder[name] = as_other if value is UNSET else value
