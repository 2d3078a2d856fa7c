"""Arrays: elements by their place, counted, unique or not."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from contracts.json_schema.atoms import ARRAY, BOOLEAN, NULL, Atom, Items
from contracts.json_schema.facts import Choice, Facts, Goal
from contracts.json_schema.keywords import atoms
from contracts.json_schema.nodes import Node
from contracts.json_schema.prover import Outcome, Prover

_MOST_ELEMENTS = 500


class Arrays:
    def alternatives(self, prover: Prover, facts: Facts, atom: Atom) -> Choice:
        items: Items = atom.data
        elements = _Elements(prover, facts)
        choice: Choice = []
        for index, node in enumerate(items.prefix):
            goal = frozenset({(node, False)})
            if elements.possible(index, goal):
                choice.append(((Atom("element", ARRAY, (index, goal)), True),))
        goal, start = frozenset({(items.rest, False)}), len(items.prefix)
        if any(elements.possible(index, goal) for index in elements.places(start)):
            choice.append(((Atom("element_from", ARRAY, (start, goal)), True),))
        return choice

    def candidates(self, prover: Prover, facts: Facts) -> list[Any] | None:
        elements = _Elements(prover, facts)
        if not elements.bounded():
            return None
        return elements.built()


class _Elements:
    """The elements at the first `alike` places are told apart; all after them are alike."""

    def __init__(self, prover: Prover, facts: Facts) -> None:
        self.prover = prover
        self.facts = facts
        self.never = frozenset((node, False) for node, most in facts.at_most if most == 0)
        starts = [start for start, _ in facts.elements_from]
        lengths = [len(items.prefix) for items in facts.items]
        self.alike = max([0, *lengths, *starts, *(index + 1 for index in facts.elements)])
        self.low = facts.least
        self.high = facts.most

    def places(self, start: int) -> range:
        """One place of each sort from there on."""
        return range(start, max(self.alike, start) + 1)

    def goal(self, index: int) -> Goal:
        met = {(items.at(index), True) for items in self.facts.items}
        return self.never | met | self.facts.elements.get(index, frozenset())

    def at(self, index: int, more: Goal = frozenset()) -> Outcome:
        return self.prover.solve(self.goal(index) | more)

    def possible(self, index: int, more: Goal = frozenset()) -> bool:
        within = self.high is None or index < self.high
        return within and not self.at(index, more).empty

    def bounded(self) -> bool:
        """Narrows `low` and `high`; False where no array is left."""
        facts = self.facts
        self.low = max([self.low, 2 * facts.repeated, *(index + 1 for index in facts.elements)])
        self.low = max([self.low, *(start + 1 for start, _ in facts.elements_from)])
        for index in range(self.alike + 1):
            if self.high is not None and index >= self.high:
                break
            if self.at(index).empty:
                self._at_most(index)
        for node, most in facts.at_most:
            self._forced(node, most)
        for node, least in facts.at_least:
            self.low = max(self.low, least)
            if not self._can_have(node, least):
                return False
        if facts.unique and self.alike == 0 and (count := _distinct(self.goal(0))) is not None:
            self._at_most(count)
        if self.high is not None and self.low > self.high:
            return False
        placed = all(
            any(self.possible(index, goal) for index in self.places(start))
            for start, goal in facts.elements_from
        )
        return placed and (not facts.repeated or self._can_repeat())

    def _at_most(self, count: int) -> None:
        self.high = count if self.high is None else min(self.high, count)

    def _forced(self, node: Node, most: int) -> None:
        """Where elements cannot but fit the node, there are no more of them than `most`."""
        missed = frozenset({(node, False)})
        counted = 0
        for index in range(self.alike + most + 1):
            if self.high is not None and index >= self.high:
                return
            if self.at(index, missed).empty:
                counted += 1
                if counted > most:
                    self._at_most(index)
                    return
            elif index >= self.alike:
                return

    def _can_have(self, node: Node, least: int) -> bool:
        """Whether `least` elements may fit the node, with not too many of another sort."""
        met = frozenset({(node, True)})
        for other, most in self.facts.at_most:
            if most < least and self.prover.solve(met | {(other, False)}).empty:
                return False
        if self.possible(self.alike, met):
            return True
        return sum(self.possible(index, met) for index in range(self.alike)) >= least

    def _can_repeat(self) -> bool:
        places = range(min(self.alike + 2, self.high or self.alike + 2, 12))
        if len(places) == 12:
            return True
        return any(
            not self.prover.solve(self.goal(one) | self.goal(other)).empty
            for one, other in combinations(places, 2)
        )

    def built(self) -> list[Any]:
        """A few arrays that may do."""
        wanted = self._wanted()
        size = max([self.low, *(index + 1 for index in wanted)])
        if size > _MOST_ELEMENTS or (self.high is not None and size > self.high):
            return []
        value: list[Any] = []
        for index in range(size):
            outcome = self._different(value, self.goal(index) | wanted.get(index, frozenset()))
            if outcome.value is None and outcome.state != "found":
                return []
            value.append(outcome.value)
        return [value, *self._repeated(value)]

    def _wanted(self) -> dict[int, Goal]:
        """What is asked of the elements at certain places, beyond what is asked there anyway."""
        wanted: dict[int, Goal] = {}
        asked = [(start, goal) for start, goal in self.facts.elements_from]
        for node, least in self.facts.at_least:
            asked += [(0, frozenset({(node, True)}))] * least
        for start, goal in asked[:_MOST_ELEMENTS]:
            last = max(self.alike, start, len(wanted)) + 1
            free = [index for index in range(start, last + 1) if index not in wanted]
            place = next((index for index in free if self.possible(index, goal)), None)
            if place is not None:
                wanted[place] = goal
        return wanted

    def _different(self, before: list[Any], goal: Goal) -> Outcome:
        """An element, another one than those before where they are to be unique."""
        unlike = self.facts.unique or self.facts.at_most
        if unlike and before:
            others = self.prover.world.made({"enum": before})
            outcome = self.prover.solve(goal | {(others, False)})
            if outcome.state == "found":
                return outcome
        return self.prover.solve(goal)

    def _repeated(self, value: list[Any]) -> list[Any]:
        if not self.facts.repeated:
            return []
        found = []
        for one, other in combinations(range(min(len(value), 6)), 2):
            outcome = self.prover.solve(self.goal(one) | self.goal(other))
            if outcome.state == "found":
                copy = list(value)
                copy[one] = copy[other] = outcome.value
                found.append(copy)
        return found


def _distinct(goal: Goal) -> int | None:
    """How many values there are at most, where that is plain to see."""
    counts = []
    for node, wanted in goal:
        for atom in atoms(node) if wanted else ():
            if atom.kind == "values":
                counts.append(len(atom.data.table))
            elif atom.kind == "type" and not atom.data & ~(NULL | BOOLEAN):
                counts.append((atom.data & NULL > 0) + 2 * (atom.data & BOOLEAN > 0))
    return min(counts, default=None)
