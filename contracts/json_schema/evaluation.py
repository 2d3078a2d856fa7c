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
Active = frozenset[tuple[Node, int]]


def fits(node: Node, value: Any, active: Active = frozenset()) -> Truth:
    """`active` are the questions under way: a reference that leads back to one adds nothing."""
    place = (node, id(value))
    if place in active:
        return None
    return conjunction(_holds(atom, value, active | {place}) for atom in atoms(node))


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


def _holds(atom: Atom, value: Any, active: Active) -> Truth:
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
    if atom.kind == "between":
        return _between(atom, value, active)
    if atom.kind == "opaque":
        return None
    return _COMBINED[atom.kind](atom.data, value, active)


def _within(atom: Atom, kind: int, value: Any) -> bool:
    bound, is_open = atom.data
    size = Fraction(value) if kind & NUMBER else len(value)
    if size == bound:
        return not is_open
    return bool(size > bound) if atom.kind == "lower" else bool(size < bound)


def _between(atom: Atom, value: Any, active: Active) -> Truth:
    weaker, stronger = atom.data
    if _holds(stronger, value, active):
        return True
    return False if weaker and _holds(weaker, value, active) is False else None


def _unique(_: Any, value: list[Any]) -> bool:
    return len({key_of(item) for item in value}) == len(value)


def _count(data: tuple[Node, int], value: list[Any], active: Active) -> tuple[int, int]:
    """How many elements fit for certain, and how many may."""
    truths = [fits(data[0], item, active) for item in value]
    return truths.count(True), len(truths) - truths.count(False)


def _at_least(data: tuple[Node, int], value: list[Any], active: Active) -> Truth:
    certain, possible = _count(data, value, active)
    return True if certain >= data[1] else False if possible < data[1] else None


def _at_most(data: tuple[Node, int], value: list[Any], active: Active) -> Truth:
    certain, possible = _count(data, value, active)
    return True if possible <= data[1] else False if certain > data[1] else None


def _members(shape: Any, value: dict[str, Any], active: Active) -> Iterator[Truth]:
    for name, item in value.items():
        for node in shape.of(name):
            yield fits(node, item, active)


def _if(data: tuple[Node, Node, Node], value: Any, active: Active) -> Truth:
    condition, then, otherwise = (fits(node, value, active) for node in data)
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
_COMBINED: dict[str, Callable[[Any, Any, Active], Truth]] = {
    "all": lambda nodes, value, active: conjunction(fits(node, value, active) for node in nodes),
    "any": lambda nodes, value, active: _disjunction(fits(node, value, active) for node in nodes),
    "one": lambda nodes, value, active: _exactly_one(fits(node, value, active) for node in nodes),
    "not": lambda nodes, value, active: _not(fits(nodes[0], value, active)),
    "if": _if,
    "then": lambda data, value, active: data[0] not in value or fits(data[1], value, active),
    "items": lambda data, value, active: conjunction(
        fits(data.at(index), item, active) for index, item in enumerate(value)
    ),
    "at_least": _at_least,
    "at_most": _at_most,
    "shape": lambda data, value, active: conjunction(_members(data, value, active)),
    "names": lambda node, value, active: conjunction(fits(node, name, active) for name in value),
}
