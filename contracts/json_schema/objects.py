"""Objects: properties by their names, and by what their names match."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from contracts.json_schema.atoms import OBJECT, Atom, Shape
from contracts.json_schema.facts import Choice, Facts, Goal, Some
from contracts.json_schema.prover import OPEN, Outcome, Prover

_MOST_PATTERNS = 6
_MOST_PROPERTIES = 500
_MOST_PLACES = 20
_NOTHING: Goal = frozenset()


class Objects:
    def alternatives(self, prover: Prover, facts: Facts, atom: Atom) -> Choice:
        members = _Members(prover, facts)
        if atom.kind == "names":
            somewhere = [Some(frozenset({(atom.data, False)}), frozenset(), _NOTHING)]
            choice: Choice = []
        else:
            somewhere = list(_outside(prover, atom.data))
            choice = [*_named(members, atom.data)]
        for some in somewhere:
            if any(True for _ in members.places(some)):
                choice.append(((Atom("some", OBJECT, some), True),))
        return choice

    def candidates(self, prover: Prover, facts: Facts) -> list[Any] | None:
        members = _Members(prover, facts)
        return members.built() if members.consistent() else None


def _named(members: _Members, shape: Shape) -> Iterator[tuple[tuple[Atom, bool]]]:
    true = members.prover.world.true
    for name, node in shape.named.items():
        if node is not true and members.allowed(name):
            asked = members.asked(name)
            missed = frozenset({(node, False)})
            if (node, True) not in asked and not members.prover.solve(asked | missed).empty:
                yield ((Atom("property", OBJECT, (name, missed)), True),)


def _outside(prover: Prover, shape: Shape) -> Iterator[Some]:
    """How a property can miss what is asked of those that are not named."""
    world = prover.world
    patterns = [(world.made({"pattern": pattern}), node) for pattern, node in shape.patterns]
    for pattern, node in patterns:
        if node is not world.true:
            yield Some(frozenset({(pattern, True)}), frozenset(), frozenset({(node, False)}))
    if shape.rest is not world.true:
        unmatched = frozenset((pattern, False) for pattern, _ in patterns)
        yield Some(unmatched, frozenset(shape.named), frozenset({(shape.rest, False)}))


class _Place(NamedTuple):
    """A property that can be: its name, None for one that is not named, and what it meets."""

    name: str | None
    names: Goal
    value: Goal


class _Members:
    def __init__(self, prover: Prover, facts: Facts) -> None:
        self.prover = prover
        self.facts = facts

    @cached_property
    def known(self) -> frozenset[str]:
        """The names that are spoken of."""
        named = (shape.named for shape in self.facts.shapes)
        return frozenset(self.facts.present).union(*named)

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        shapes = self.facts.shapes
        return tuple(dict.fromkeys(pattern for shape in shapes for pattern, _ in shape.patterns))

    def allowed(self, name: str) -> bool:
        if name in self.facts.absent:
            return False
        goal = frozenset((node, True) for node in self.facts.names)
        return not goal or self.prover.meets(goal, name) is not False

    def asked(self, name: str) -> Goal:
        """What the value of the property meets, if there is one."""
        present = self.facts.present.get(name, _NOTHING)
        return present | {(node, True) for shape in self.facts.shapes for node in shape.of(name)}

    def places(self, some: Some) -> Iterator[_Place]:
        """Where such a property can be."""
        for name in sorted(self.known - some.apart_from):
            if self.allowed(name) and self.prover.meets(some.names, name) is not False:
                value = self.asked(name) | some.value
                if not self.prover.solve(value).empty:
                    yield _Place(name, _NOTHING, value)
        for names, value in self._unnamed(some):
            if not self.prover.solve(value | some.value).empty:
                yield _Place(None, names, value | some.value)

    def _unnamed(self, some: Some) -> Iterator[tuple[Goal, Goal]]:
        """Each sort of names that are not spoken of, by the patterns they match."""
        world = self.prover.world
        others = world.made({"enum": sorted(self.known | some.apart_from | self.facts.absent)})
        names = some.names | {(node, True) for node in self.facts.names}
        names |= {(world.made({"type": "string"}), True), (others, False)}
        if len(self.patterns) > _MOST_PATTERNS:
            yield names, frozenset(self._values_at_least(names))
            return
        for matched, sort in self._sorts(names, 0):
            yield sort, frozenset(self._values(matched))

    def _sorts(self, names: Goal, at: int) -> Iterator[tuple[frozenset[str], Goal]]:
        if self.prover.solve(names).empty:
            return
        if at == len(self.patterns):
            yield frozenset(), names
            return
        node = self.prover.world.made({"pattern": self.patterns[at]})
        for matched, sort in self._sorts(names | {(node, True)}, at + 1):
            yield matched | {self.patterns[at]}, sort
        yield from self._sorts(names | {(node, False)}, at + 1)

    def _values_at_least(self, names: Goal) -> Iterator[tuple[Any, bool]]:
        """What is certain of properties so named, where there are too many sorts of names."""
        made = self.prover.world.made
        for shape in self.facts.shapes:
            patterns = [(made({"pattern": pattern}), node) for pattern, node in shape.patterns]
            yield from ((node, True) for pattern, node in patterns if (pattern, True) in names)
            if all((pattern, False) in names for pattern, _ in patterns):
                yield shape.rest, True

    def _values(self, matched: frozenset[str]) -> Iterator[tuple[Any, bool]]:
        for shape in self.facts.shapes:
            nodes = [node for pattern, node in shape.patterns if pattern in matched]
            yield from ((node, True) for node in nodes or [shape.rest])

    def consistent(self) -> bool:
        """False where no object is left."""
        facts = self.facts
        for name in facts.present:
            if not self.allowed(name) or self.prover.solve(self.asked(name)).empty:
                return False
        least = len(facts.present)
        for some in facts.some:
            places = list(islice(self.places(some), _MOST_PLACES))
            if not places:
                return False
            there = any(place.name in facts.present for place in places)
            if not there and len(places) < _MOST_PLACES:
                least = len(facts.present) + 1
        if facts.most is not None and max(least, facts.least) > facts.most:
            return False
        return facts.least <= len(facts.present) or self._can_grow_to(facts.least)

    def _can_grow_to(self, count: int) -> bool:
        if any(True for _ in self._growth()):
            return True
        return sum(1 for name in self.known if self._can_be(name)) >= count

    def _growth(self) -> Iterator[_Place]:
        """Properties that nothing speaks of, of which there may be any number."""
        anything = Some(_NOTHING, frozenset(), _NOTHING)
        for names, value in self._unnamed(anything):
            if not self.prover.solve(value).empty:
                yield _Place(None, names, value)

    def _can_be(self, name: str) -> bool:
        return self.allowed(name) and not self.prover.solve(self.asked(name)).empty

    def built(self) -> list[Any]:
        """An object that may do."""
        goals = {name: self.asked(name) for name in self.facts.present}
        for some in self.facts.some:
            place = self._best(some, goals)
            name = place and self._name(place, goals)
            if name is None or place is None:
                return []
            goals[name] = goals.get(name, _NOTHING) | place.value
        if self.facts.least > _MOST_PROPERTIES or not self._grown(goals):
            return []
        value = {}
        for name, goal in goals.items():
            outcome = self.prover.solve(goal)
            if outcome.empty or outcome == OPEN:
                return []
            value[name] = outcome.value
        return [value]

    def _best(self, some: Some, goals: dict[str, Goal]) -> _Place | None:
        """One that needs no further property where there is."""
        places = list(islice(self.places(some), _MOST_PLACES))
        there = [
            place
            for place in places
            if place.name in goals and not self.prover.solve(goals[place.name] | place.value).empty
        ]
        return next(iter(there or places), None)

    def _name(self, place: _Place, goals: dict[str, Goal]) -> str | None:
        if place.name is not None:
            return place.name
        used = self.prover.world.made({"enum": sorted(goals)})
        outcome: Outcome = self.prover.solve(place.names | {(used, False)})
        return outcome.value if isinstance(outcome.value, str) else None

    def _grown(self, goals: dict[str, Goal]) -> bool:
        """Adds properties until there are enough."""
        least = self.facts.least
        for name in sorted(self.known - goals.keys()):
            if len(goals) >= least:
                return True
            if self._can_be(name):
                goals[name] = self.asked(name)
        for place in self._growth():
            while len(goals) < least:
                fresh = self._name(place, goals)
                if fresh is None:
                    break
                goals[fresh] = place.value
        return len(goals) >= least
