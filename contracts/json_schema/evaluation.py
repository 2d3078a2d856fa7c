"""Whether a value fits a schema, exactly; None where the schema is not understood.

The prover asks this of the nodes it works with, which no validator knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

from contracts.json_schema.atoms import NUMBER, Atom, key_of, matches, type_of
from contracts.json_schema.keywords import atoms
from contracts.json_schema.nodes import Node

Truth = bool | None
_MOST_STEPS = 500_000


class TooMuchWorkError(Exception):
    """Schema and value together would take too long."""


class Evaluation:
    """Asks of each schema and each part of a value once: references cannot multiply the work."""

    def __init__(self) -> None:
        self._known: dict[tuple[Node, int], Truth] = {}

    def fits(self, node: Node, value: Any) -> Truth:
        """Raises TooMuchWorkError. `value` must not change between two calls."""
        place = (node, id(value))
        if place not in self._known:
            if len(self._known) > _MOST_STEPS:
                raise TooMuchWorkError
            self._known[place] = None
            self._known[place] = conjunction(self.holds(atom, value) for atom in atoms(node))
        return self._known[place]

    def holds(self, atom: Atom, value: Any) -> Truth:
        """Raises TooMuchWorkError."""
        kind = type_of(value)
        if not atom.types & kind:
            return True
        test = _TESTS.get(atom.kind)
        if test:
            return test(atom.data, value)
        if atom.kind in ("lower", "upper"):
            return _within(atom, kind, value)
        if atom.kind == "type":
            return bool(atom.data & kind)
        return _COMBINED[atom.kind](atom.data, value, self)


def fits(node: Node, value: Any) -> Truth:
    """Whether the value fits. Raises TooMuchWorkError."""
    return Evaluation().fits(node, value)


def conjunction(truths: Iterable[Truth]) -> Truth:
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def _disjunction(truths: Iterable[Truth]) -> Truth:
    return _not(conjunction(_not(truth) for truth in truths))


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _exactly_one(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    if found.count(True) > 1 or found.count(False) == len(found):
        return False
    return None if None in found else True


def _within(atom: Atom, kind: int, value: Any) -> bool:
    bound, is_open = atom.data
    size = Fraction(value) if kind & NUMBER else len(value)
    if size == bound:
        return not is_open
    return bool(size > bound) if atom.kind == "lower" else bool(size < bound)


def _between(data: tuple[Atom | None, Atom], value: Any, asked: Evaluation) -> Truth:
    weaker, stronger = data
    if asked.holds(stronger, value):
        return True
    return False if weaker and asked.holds(weaker, value) is False else None


def _unique(_: Any, value: list[Any]) -> bool:
    return len({key_of(item) for item in value}) == len(value)


def _count(data: tuple[Node, int], value: list[Any], asked: Evaluation) -> tuple[int, int]:
    """How many elements fit for certain, and how many may."""
    truths = [asked.fits(data[0], item) for item in value]
    return truths.count(True), len(truths) - truths.count(False)


def _at_least(data: tuple[Node, int], value: list[Any], asked: Evaluation) -> Truth:
    certain, possible = _count(data, value, asked)
    return True if certain >= data[1] else False if possible < data[1] else None


def _at_most(data: tuple[Node, int], value: list[Any], asked: Evaluation) -> Truth:
    certain, possible = _count(data, value, asked)
    return True if possible <= data[1] else False if certain > data[1] else None


def _members(shape: Any, value: dict[str, Any], asked: Evaluation) -> Iterator[Truth]:
    for name, item in value.items():
        for node in shape.of(name):
            yield asked.fits(node, item)


def _if(data: tuple[Node, Node, Node], value: Any, asked: Evaluation) -> Truth:
    condition, then, otherwise = (asked.fits(node, value) for node in data)
    if condition is None:
        return then if then is not None and then == otherwise else None
    return then if condition else otherwise


_TESTS: dict[str, Callable[[Any, Any], Truth]] = {
    "values": lambda data, value: key_of(value) in data.keys,
    "multiple": lambda data, value: Fraction(value) % data == 0,
    "pattern": matches,
    "unique": _unique,
    "has": lambda data, value: data in value,
    "needs": lambda data, value: data[0] not in value or all(name in value for name in data[1]),
}
_COMBINED: dict[str, Callable[[Any, Any, Evaluation], Truth]] = {
    "all": lambda nodes, value, asked: conjunction(asked.fits(node, value) for node in nodes),
    "any": lambda nodes, value, asked: _disjunction(asked.fits(node, value) for node in nodes),
    "one": lambda nodes, value, asked: _exactly_one(asked.fits(node, value) for node in nodes),
    "not": lambda nodes, value, asked: _not(asked.fits(nodes[0], value)),
    "if": _if,
    "between": _between,
    "opaque": lambda data, value, asked: None,
    "then": lambda data, value, asked: data[0] not in value or asked.fits(data[1], value),
    "items": lambda data, value, asked: conjunction(
        asked.fits(data.at(index), item) for index, item in enumerate(value)
    ),
    "at_least": _at_least,
    "at_most": _at_most,
    "shape": lambda data, value, asked: conjunction(_members(data, value, asked)),
    "names": lambda node, value, asked: conjunction(asked.fits(node, name) for name in value),
}
