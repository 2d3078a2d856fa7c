"""Compares a contract with its next version, and with the rows that came: facts, no verdicts.

Of two versions, what a reader sees of the rows is compared, and key and cursor; how rows are
fetched is not. The order of fields and of listed values is no part of a contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from contracts.odcs import Entity, Field, LogicalType

Op = Literal["add", "remove", "change"]
Kind = Literal["string", "integer", "number", "boolean", "object", "array", "null"]
ATTRIBUTES = ("type", "required", "pii", "volatile", "money", "reference", "epoch")

READS: dict[LogicalType, frozenset[Kind]] = {
    "string": frozenset({"string"}),
    "integer": frozenset({"integer"}),
    "number": frozenset({"number", "integer"}),
    "boolean": frozenset({"boolean"}),
    "object": frozenset({"object"}),
    "array": frozenset({"array"}),
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `path` is a JSON pointer into a row, "" for the row itself.

    `field` is the same place as a dotted name. `rule` is the part of the contract that differs:
    `field`, one of `ATTRIBUTES`, `value` (a listed one), `contents` (of an object or array:
    `verbatim` or `listed`), `key` or `cursor`. `old` and `new` are what the contract says there.
    `schema_path` is a pointer into the contract, where that is a JSON Schema.
    """

    op: Op
    path: str
    field: str
    rule: str
    old: Any = None
    new: Any = None
    schema_path: str | msgspec.UnsetType = msgspec.UNSET


class Place(NamedTuple):
    """Where a field is: JSON pointer (RFC 6901) and dotted name, both without array indices."""

    path: str
    field: str

    def below(self, name: str) -> Place:
        escaped = name.replace("~", "~0").replace("/", "~1")
        return Place(f"{self.path}/{escaped}", f"{self.field}.{name}" if self.field else name)


ROW = Place("", "")


def walk(fields: Iterable[Field], at: Place = ROW) -> Iterator[tuple[Place, Field]]:
    """Every contracted field with its place, each before the fields nested in it."""
    for field in fields:
        place = at.below(field.name)
        yield place, field
        yield from walk(field.fields, place)


def diff(old: Entity, new: Entity) -> list[Change]:
    """What the new version says otherwise than the old one; empty when they promise the same."""
    return [
        *compared(ROW, "key", _key(old), _key(new)),
        *compared(ROW, "cursor", _cursor(old), _cursor(new)),
        *_fields(ROW, old.fields, new.fields),
    ]


def _key(entity: Entity) -> str:
    """The key with its type: 1 and 1.0, or 1 and "1", do not identify the same row."""
    types = {field.name: field.type for field in entity.fields}
    return f"{entity.key} ({types[entity.key]})"


def _cursor(entity: Entity) -> str:
    cursor = entity.cursor
    return f"{cursor.field}, {cursor.overlap_seconds} s back" if cursor else "none"


def _fields(at: Place, old: Sequence[Field], new: Sequence[Field]) -> Iterator[Change]:
    before, after = ({field.name: field for field in fields} for fields in (old, new))
    for name in before | after:
        place = at.below(name)
        if name in before and name in after:
            yield from _field(place, before[name], after[name])
        else:
            yield from compared(place, "field", before.get(name), after.get(name))


def _field(place: Place, old: Field, new: Field) -> Iterator[Change]:
    for name in ATTRIBUTES:
        yield from compared(place, name, getattr(old, name), getattr(new, name))
    for value in dict.fromkeys(old.values + new.values):
        before, after = (value if value in field.values else None for field in (old, new))
        yield from compared(place, "value", before, after)
    before, after = _contents(old), _contents(new)
    if before and after:
        yield from compared(place, "contents", before, after)
    yield from _fields(place, old.fields, new.fields)


def _contents(field: Field) -> str | None:
    if field.type not in ("object", "array"):
        return None
    return "listed" if field.fields else "verbatim"


def compared(place: Place, rule: str, old: Any, new: Any) -> Iterator[Change]:
    """The change of one value, None where it was not there; nothing when it is the same."""
    if old != new:
        op: Op = "add" if old is None else "remove" if new is None else "change"
        yield Change(op=op, path=place.path, field=place.field, rule=rule, old=old, new=new)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows of a run held at one field.

    Of the objects that had the field (`present`), it was null in `null`; `kinds` are those of its
    other values, 1.0 a number. At an object or array with contracted fields, `objects` counts the
    objects in it and `items` are the kinds of the array's elements. `values` need only be filled
    where the contract lists some. `example` and `values` are text, masked where the field is PII.
    """

    present: int = 0
    null: int = 0
    kinds: frozenset[Kind] = frozenset()
    objects: int = 0
    items: frozenset[Kind] = frozenset()
    example: str = ""
    values: frozenset[str] = frozenset()


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a run's rows looked like. `fields` by JSON pointer without array indices."""

    rows: int
    fields: dict[str, Seen]


@dataclass(frozen=True)
class Observation:
    """A field as contracted (None: it is not) beside what was seen of it in `holders` objects."""

    name: str
    field: Field | None
    seen: Seen
    holders: int
    earlier: bool

    @property
    def contracted_type(self) -> str:
        return self.field.type if self.field else "nothing"

    @property
    def required(self) -> bool:
        return self.field is not None and self.field.required

    @property
    def absent(self) -> bool:
        return self.field is not None and self.holders > 0 and self.seen.present == 0

    @property
    def lacking(self) -> int:
        """How many objects did not have a value there."""
        return self.holders - self.seen.present + self.seen.null

    @property
    def misfits(self) -> list[str]:
        """The kinds of value that do not fit; a reference may be the object it refers to."""
        if self.field is None:
            return []
        expanded: set[Kind] = {"object"} if self.field.reference else set()
        kinds = sorted(self.seen.kinds - READS[self.field.type] - expanded - {"null"})
        items = sorted(self.seen.items - {"object"}) if self.field.fields else []
        return [*kinds, *(f"array of {kind}" for kind in items)]

    @property
    def unlisted(self) -> list[str]:
        """Values beyond those the contract lists, where it lists any."""
        return [value for value in sorted(self.seen.values) if not self.allows({value})]

    def allows(self, values: Set[str]) -> bool:
        """Whether the contract lists all these values, or none at all."""
        listed = self.field.values if self.field else ()
        return not listed or values <= set(listed)


def observations(contract: Entity, seen: Shape, earlier: frozenset[str]) -> Iterator[Observation]:
    """Each contracted field beside what was seen of it, then the others but for the ignored ones.

    What lies in a field that is stored verbatim is not the contract's matter.
    """
    places = {place.path: (place, field) for place, field in walk(contract.fields)}
    holders = {ROW.path: (ROW, seen.rows)}
    for path, (place, field) in places.items():
        found = seen.fields.get(path, Seen())
        if field.fields:
            holders[path] = (place, found.objects)
        _, count = holders[_holder(path)]
        yield Observation(place.field, field, found, count, path in earlier)
    for path in sorted(seen.fields.keys() - places.keys()):
        if _holder(path) in holders:
            above, count = holders[_holder(path)]
            place = above.below(_name(path))
            if not contract.ignores(place.field):
                yield Observation(place.field, None, seen.fields[path], count, path in earlier)


def _holder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
