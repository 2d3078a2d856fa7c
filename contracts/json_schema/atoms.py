"""A schema taken apart: it is the conjunction of its atoms, and its complement the disjunction of
their complements.

An atom says nothing of values of types other than its own. One that is not understood is `opaque`:
either it or its complement may hold, so that whatever is proved without it stays true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import jsonschema_rs

from contracts.json_schema import json_text
from contracts.json_schema.nodes import Node
from contracts.json_schema.schemas import PATTERNS

# WHOLE is a number written with a fraction of zero, 1.0: no integer in draft 4.
NULL, BOOLEAN, INTEGER, WHOLE, FRACTION, STRING, ARRAY, OBJECT = (1 << at for at in range(8))
NUMBER = INTEGER | WHOLE | FRACTION
EVERY = 255
MASKS = {
    "null": NULL,
    "boolean": BOOLEAN,
    "integer": INTEGER | WHOLE,
    "number": NUMBER,
    "string": STRING,
    "array": ARRAY,
    "object": OBJECT,
}


class Atom(NamedTuple):
    """`data` by `kind`:

    type: mask · values: `Values` · lower, upper: (bound, open) of a number, a length or a count ·
    multiple: Fraction · pattern: text · unique: none · items: `Items` · at_least, at_most: (Node,
    count) · shape: `Shape` · names: Node · has: name · needs: (name, names) · then: (name, Node) ·
    all, any, one, not, if: Nodes · opaque: anything ·
    between: (weaker, stronger), atoms of which it implies the one and is implied by the other
    """

    kind: str
    types: int
    data: Any


@dataclass(frozen=True, eq=False)
class Items:
    """What the elements of an array fit: `prefix` the first ones, `rest` all after them."""

    prefix: tuple[Node, ...]
    rest: Node

    def at(self, index: int) -> Node:
        return self.prefix[index] if index < len(self.prefix) else self.rest


@dataclass(frozen=True, eq=False)
class Shape:
    """What the properties of an object fit: `rest` those neither named nor matched."""

    named: dict[str, Node]
    patterns: tuple[tuple[str, Node], ...]
    rest: Node

    def of(self, name: str) -> Iterator[Node]:
        covered = name in self.named
        if covered:
            yield self.named[name]
        for pattern, node in self.patterns:
            if matches(pattern, name):
                covered = True
                yield node
        if not covered:
            yield self.rest


def matches(pattern: str, text: str) -> bool:
    """As the validator matches it."""
    return _matcher(pattern).is_valid(text)


def key_of(value: Any) -> bytes:
    """The same for values that are equal in JSON Schema: 1 and 1.0 are, 1 and true are not."""
    return json_text.encode(json_text.checked(value))


@lru_cache(maxsize=1_000)
def _matcher(pattern: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft7Validator({"pattern": pattern}, pattern_options=PATTERNS)


@dataclass(frozen=True, eq=False)
class Values:
    """A finite set of values, each by what makes it equal to others."""

    table: dict[bytes, Any]

    @cached_property
    def keys(self) -> frozenset[bytes]:
        return frozenset(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Values) and self.keys == other.keys

    def __hash__(self) -> int:
        return hash(self.keys)


def values(items: Iterable[Any]) -> Values:
    return Values({key_of(item): item for item in items})


def type_of(value: Any) -> int:
    """The one bit of the value's type."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case Decimal():
            return WHOLE if value == value.to_integral_value() else FRACTION
        case str():
            return STRING
        case list():
            return ARRAY
    return OBJECT
