"""Is there a value that fits some schemas and does not fit some others?

A goal is a set of literals: nodes, each to be met or to be missed. Type by type it is taken apart
into literals of atoms; what is a disjunction is tried branch by branch (a tableau). Where only
atoms of one type are left, the module of that type finds a value or proves that there is none. The
elements and properties of a value are goals of their own.

A goal that comes up while it is worked on counts as empty: the smallest value of a goal contains no
other value of the same goal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Protocol

from contracts.json_schema.atoms import Atom, Values, type_of
from contracts.json_schema.evaluation import conjunction, fits
from contracts.json_schema.facts import Choice, Facts, Goal, Literal, Literals
from contracts.json_schema.nodes import Node, World
from contracts.json_schema.propagation import propagated

_NOWHERE = 1_000_000
_LONG_SEARCH = 4_000
_MOST_UNLIKE = 50
_MOST_PAIRED = 12
_MOST_EXCLUSIVE = 60


class Outcome(NamedTuple):
    """`empty` is proved, `found` has a value that was checked, `open` may have one."""

    state: str
    value: Any = None

    @property
    def empty(self) -> bool:
        return self.state == "empty"


EMPTY = Outcome("empty")
OPEN = Outcome("open")


class OutOfStepsError(Exception):
    """The work would go beyond what was allowed."""


class Solver(Protocol):
    """Knows the values of one type."""

    def alternatives(self, prover: Prover, facts: Facts, atom: Atom) -> Choice:
        """How the atom can be missed; what is certain to be impossible is left out."""

    def candidates(self, prover: Prover, facts: Facts) -> Iterable[Any] | None:
        """Values that may have all this; None is a proof that there is none."""


class Prover:
    """Answers goals, each once, within `steps` in all."""

    def __init__(self, world: World, solvers: dict[int, Solver], *, steps: int) -> None:
        self.world = world
        self.steps = steps
        self._solvers = solvers
        self._known: dict[Goal, Outcome] = {}
        self._known_exclusive: dict[tuple[Node, ...], bool] = {}
        self._under_way: dict[Goal, int] = {}
        self._leads_back_to = _NOWHERE
        self._always = {(world.true, True), (world.false, False)}

    def spend(self, steps: int = 1) -> None:
        """Raises OutOfStepsError."""
        self.steps -= steps
        if self.steps < 0:
            raise OutOfStepsError

    def solve(self, goal: Goal) -> Outcome:
        """A value of the goal. Raises OutOfStepsError."""
        goal -= self._always
        known = self._known.get(goal)
        if known:
            return known
        nodes = dict(goal)
        contradicts = len(nodes) < len(goal) or nodes.get(self.world.true) is False
        if contradicts or nodes.get(self.world.false):
            return EMPTY
        if goal in self._under_way:
            self._leads_back_to = min(self._leads_back_to, self._under_way[goal])
            return EMPTY
        return self._solve_anew(goal)

    def _solve_anew(self, goal: Goal) -> Outcome:
        """Keeps the outcome, unless it rests on a goal under way that was taken for empty."""
        depth, before = len(self._under_way), self._leads_back_to
        self._under_way[goal] = depth
        self._leads_back_to = _NOWHERE
        try:
            outcome = self._by_type(goal)
        finally:
            del self._under_way[goal]
        if outcome.state == "found" or self._leads_back_to >= depth:
            self._known[goal] = outcome
        if self._leads_back_to < depth:
            before = min(before, self._leads_back_to)
        self._leads_back_to = before
        return outcome

    def _by_type(self, goal: Goal) -> Outcome:
        outcome = EMPTY
        for kind, solver in self._solvers.items():
            for found in self._branches(
                goal, solver, Facts(kind, began=self.steps), list(goal), []
            ):
                if found.state == "found":
                    return found
                outcome = found if outcome.value is None else outcome
        return outcome

    def _branches(
        self,
        goal: Goal,
        solver: Solver,
        facts: Facts,
        todo: list[Literal],
        choices: list[Choice],
    ) -> Iterator[Outcome]:
        """What each branch that stays open gives; nothing where every branch closes."""
        self.spend(1 + sum(map(len, choices)) // 50)
        undecided = propagated(facts, todo, choices)
        while undecided is not None and facts.deferred and facts.values is None:
            atom, wanted = facts.deferred.pop()
            if atom.kind == "one":
                undecided.append(self._one_of(atom.data, wanted))
            elif atom.kind == "values":
                undecided += self._unlike(facts.kind, atom.data)
            else:
                undecided.append(solver.alternatives(self, facts, atom))
            undecided = propagated(facts, [], undecided)
        if undecided and facts.values is None and facts.began - self.steps > _LONG_SEARCH:
            undecided = self._probed(facts, undecided)
        if undecided is None:
            return
        if facts.values is not None:
            yield from self._among(goal, facts)
        elif not undecided:
            yield from self._checked(goal, solver.candidates(self, facts))
        else:
            choice = min(undecided, key=len)
            others = [other for other in undecided if other is not choice]
            for literals in choice:
                branch = facts.copy()
                yield from self._branches(goal, solver, branch, list(literals), list(others))

    def _probed(self, facts: Facts, choices: list[Choice]) -> list[Choice] | None:
        """The choices without what contradicts at once; None where nothing is left of one."""
        left = []
        for choice in choices:
            self.spend(len(choice))
            possible = [
                literals
                for literals in choice
                if propagated(facts.copy(), list(literals), list(choices)) is not None
            ]
            left.append(possible)
        return propagated(facts, [], left)

    def _unlike(self, kind: int, values: Values) -> Iterator[Choice]:
        """What it means not to be one of some arrays or objects."""
        unlike = [value for value in values.table.values() if type_of(value) & kind]
        for value in unlike[:_MOST_UNLIKE]:
            yield [((self.world.made(_spelled_out(value)), False),)]

    def _one_of(self, nodes: Sequence[Node], wanted: bool) -> Choice:
        """Where no value meets two of them, as anyOf; where that is not known, pair by pair."""
        if self._exclusive(tuple(nodes)):
            met: Choice = [((node, True),) for node in nodes]
            return met if wanted else [tuple((node, False) for node in nodes)]
        if len(nodes) > _MOST_PAIRED:
            return [((node, True),) for node in nodes] if wanted else [()]
        if wanted:
            turns = range(len(nodes))
            return [tuple((node, at == turn) for at, node in enumerate(nodes)) for turn in turns]
        none: Literals = tuple((node, False) for node in nodes)
        pairs = combinations(nodes, 2)
        return [none, *(((one, True), (other, True)) for one, other in pairs)]

    def _exclusive(self, nodes: tuple[Node, ...]) -> bool:
        """Keeps the answer, unless it rests on a goal under way."""
        if nodes in self._known_exclusive or len(nodes) > _MOST_EXCLUSIVE:
            return self._known_exclusive.get(nodes, False)
        before, self._leads_back_to = self._leads_back_to, _NOWHERE
        answer = all(
            self.solve(frozenset({(one, True), (other, True)})).empty
            for one, other in combinations(nodes, 2)
        )
        if self._leads_back_to == _NOWHERE:
            self._known_exclusive[nodes] = answer
        self._leads_back_to = min(before, self._leads_back_to)
        return answer

    def _among(self, goal: Goal, facts: Facts) -> Iterator[Outcome]:
        """The listed values that are left."""
        assert facts.values is not None
        for key, value in facts.values.table.items():
            if type_of(value) & facts.kind and key not in facts.excluded:
                self.spend()
                if (truth := self.meets(goal, value)) is not False:
                    yield Outcome("found" if truth else "open", value)

    def _checked(self, goal: Goal, candidates: Iterable[Any] | None) -> Iterator[Outcome]:
        if candidates is None:
            return
        outcome = OPEN
        for value in candidates:
            self.spend()
            if self.meets(goal, value):
                yield Outcome("found", value)
                return
            outcome = Outcome("open", value)
        yield outcome

    def meets(self, goal: Goal, value: Any) -> bool | None:
        """Whether the value is one of the goal; None where a schema is not understood."""
        return conjunction(
            truth if wanted or truth is None else not truth
            for node, wanted in goal
            for truth in (fits(node, value),)
        )


def _spelled_out(value: Any) -> dict[str, Any]:
    """The schema that takes this array or object alone."""
    if isinstance(value, list):
        items = [{"const": item} for item in value]
        return {"minItems": len(value), "prefixItems": items, "items": False}
    properties = {name: {"const": item} for name, item in value.items()}
    return {"required": sorted(value), "properties": properties, "additionalProperties": False}
