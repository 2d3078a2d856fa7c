"""Adds literals to the facts, with all that follows from them without a choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contracts.json_schema.atoms import ARRAY, OBJECT, Atom, Values
from contracts.json_schema.facts import Choice, Facts, Literal
from contracts.json_schema.keywords import atoms
from contracts.json_schema.nodes import Node


def propagated(facts: Facts, todo: list[Literal], choices: list[Choice]) -> list[Choice] | None:
    """Adds the literals and all that follows without a choice; the choices that are left then.

    None when they contradict each other.
    """
    while True:
        if not _taken_apart(facts, todo, choices):
            return None
        undecided = []
        for choice in choices:
            left = facts.open_of(choice)
            if left is None:
                continue
            if not left:
                return None
            if len(left) == 1:
                todo.extend(left[0])
            else:
                undecided.append(left)
        if not todo:
            return undecided
        choices = undecided


def _taken_apart(facts: Facts, todo: list[Literal], choices: list[Choice]) -> bool:
    """Adds what the literals say to the facts; False when they contradict each other."""
    while todo:
        what, wanted = todo.pop()
        if isinstance(what, Node):
            known = facts.nodes.setdefault(what, wanted)
            if known is not wanted:
                return False
            if wanted:
                todo.extend((atom, True) for atom in atoms(what))
            else:
                choices.append([((atom, False),) for atom in atoms(what)])
        elif not _take(facts, what, wanted, todo, choices):
            return False
    return True


def _take(
    facts: Facts, atom: Atom, wanted: bool, todo: list[Literal], choices: list[Choice]
) -> bool:
    if not atom.types & facts.kind:
        return wanted
    known = facts.atoms.get(atom)
    if known is not None:
        return known is wanted
    facts.atoms[atom] = wanted
    split = _SPLITS.get(atom.kind)
    if split:
        split(atom.data, wanted, todo, choices)
        return True
    return _RECORDS[atom.kind](facts, atom, wanted)


Split = Callable[[Any, bool, list[Literal], list[Choice]], None]


def _all(nodes: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    if wanted:
        todo.extend((node, True) for node in nodes)
    else:
        choices.append([((node, False),) for node in nodes])


def _any(nodes: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    if wanted:
        choices.append([((node, True),) for node in nodes])
    else:
        todo.extend((node, False) for node in nodes)


def _negation(nodes: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    todo.append((nodes[0], not wanted))


def _if(nodes: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    condition, then, otherwise = nodes
    choices.append([((condition, True), (then, wanted)), ((condition, False), (otherwise, wanted))])


def _needs(data: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    name, names = _has(data[0]), [_has(other) for other in data[1]]
    if wanted:
        choices.append([((name, False),), tuple((other, True) for other in names)])
    else:
        todo.append((name, True))
        choices.append([((other, False),) for other in names])


def _then(data: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    name, node = _has(data[0]), data[1]
    if wanted:
        choices.append([((name, False),), ((node, True),)])
    else:
        todo.extend([(name, True), (node, False)])


def _between(data: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    weaker, stronger = data
    if not wanted:
        todo.append((stronger, False))
    elif weaker:
        todo.append((weaker, True))


def _has(name: str) -> Atom:
    return Atom("has", OBJECT, name)


def _opaque(data: Any, wanted: bool, todo: list[Literal], choices: list[Choice]) -> None:
    """Nothing follows from it."""


_SPLITS: dict[str, Split] = {
    "all": _all,
    "any": _any,
    "not": _negation,
    "if": _if,
    "needs": _needs,
    "then": _then,
    "between": _between,
    "opaque": _opaque,
}


def _record_type(facts: Facts, atom: Atom, wanted: bool) -> bool:
    return bool(atom.data & facts.kind) is wanted


def _record_values(facts: Facts, atom: Atom, wanted: bool) -> bool:
    if not wanted:
        facts.excluded |= atom.data.keys
        if facts.kind & (ARRAY | OBJECT):
            facts.deferred.append((atom, wanted))
    elif facts.values is None:
        facts.values = atom.data
    else:
        table = facts.values.table
        facts.values = Values({key: table[key] for key in facts.values.keys & atom.data.keys})
    return True


def _record_bound(facts: Facts, atom: Atom, wanted: bool) -> bool:
    bound, is_open = atom.data
    if wanted is (atom.kind == "lower"):
        mine = (bound, is_open if wanted else not is_open)
        facts.lower = max(facts.lower or mine, mine)
    else:
        at = (bound, is_open if wanted else not is_open)
        known = facts.upper or at
        facts.upper = min(known, at, key=lambda each: (each[0], not each[1]))
    return True


def _record_count(facts: Facts, atom: Atom, wanted: bool) -> bool:
    node, count = atom.data
    if wanted is (atom.kind == "at_least"):
        facts.at_least += ((node, count if wanted else count + 1),)
        return True
    facts.at_most += ((node, count if wanted else count - 1),)
    return bool(count - (not wanted) >= 0)


def _record_has(facts: Facts, atom: Atom, wanted: bool) -> bool:
    if wanted:
        facts.present.setdefault(atom.data, frozenset())
    else:
        facts.absent |= {atom.data}
    return atom.data not in facts.absent or atom.data not in facts.present


def _record_property(facts: Facts, atom: Atom, wanted: bool) -> bool:
    name, goal = atom.data
    facts.present[name] = facts.present.get(name, frozenset()) | goal
    return name not in facts.absent


def _record_element(facts: Facts, atom: Atom, wanted: bool) -> bool:
    index, goal = atom.data
    facts.elements[index] = facts.elements.get(index, frozenset()) | goal
    return True


def _record_unique(facts: Facts, atom: Atom, wanted: bool) -> bool:
    facts.unique, facts.repeated = facts.unique or wanted, facts.repeated or not wanted
    return True


def _listed(when_met: str, when_missed: str = "") -> Callable[[Facts, Atom, bool], bool]:
    """Adds to one of two lists; what has none waits for the prover."""

    def record(facts: Facts, atom: Atom, wanted: bool) -> bool:
        name = when_met if wanted else when_missed
        if name:
            setattr(facts, name, (*getattr(facts, name), atom.data))
        else:
            facts.deferred.append((atom, wanted))
        return True

    return record


_RECORDS: dict[str, Callable[[Facts, Atom, bool], bool]] = {
    "type": _record_type,
    "values": _record_values,
    "lower": _record_bound,
    "upper": _record_bound,
    "multiple": _listed("multiples", "not_multiples"),
    "pattern": _listed("patterns", "not_patterns"),
    "unique": _record_unique,
    "items": _listed("items"),
    "at_least": _record_count,
    "at_most": _record_count,
    "element": _record_element,
    "element_from": _listed("elements_from"),
    "shape": _listed("shapes"),
    "names": _listed("names"),
    "has": _record_has,
    "property": _record_property,
    "some": _listed("some"),
    "one": _listed(""),
}
