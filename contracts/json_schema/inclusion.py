"""Whether every document that fits one schema fits another: proved, refuted by example, or open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from contracts.json_schema import atoms, json_text
from contracts.json_schema.arrays import Arrays
from contracts.json_schema.drafts import Draft
from contracts.json_schema.evaluation import TooMuchWorkError, fits
from contracts.json_schema.nodes import Node, World
from contracts.json_schema.objects import Objects
from contracts.json_schema.prover import OPEN, Outcome, OutOfStepsError, Prover, Solver
from contracts.json_schema.scalars import Constants, Numbers, Strings
from contracts.json_schema.schemas import Schema
from contracts.json_schema.search import search

Answer = Literal["yes", "no", "unknown"]
Effect = Literal["same", "widened", "narrowed", "changed"]
_EFFECTS: dict[tuple[bool, bool], Effect] = {
    (True, False): "same",
    (True, True): "widened",
    (False, False): "narrowed",
    (False, True): "changed",
}
_STEPS_OF_EFFECT = 1_000
# The cheap types first: where a value of one of them will do, it is the shortest example.
_SOLVERS: dict[int, Solver] = {
    atoms.NULL: Constants(None),
    atoms.BOOLEAN: Constants(True, False),
    atoms.INTEGER: Numbers(),
    atoms.STRING: Strings(),
    atoms.OBJECT: Objects(),
    atoms.ARRAY: Arrays(),
    atoms.FRACTION: Numbers(),
    atoms.WHOLE: Numbers(),
}


class Inclusion(NamedTuple):
    """`reason` says why it is unknown: not_proven, too_large or too_deep."""

    holds: Answer
    example: Any = msgspec.UNSET
    reason: str = ""


class Inclusions:
    """Two schemas, and what is asked of them and of the schemas inside them."""

    def __init__(self, base: Schema, new: Schema, *, steps: int) -> None:
        self.world = World()
        self.base, self.new = base, new
        self.nodes = self.world.root(base), self.world.root(new)
        self._steps = self._left = steps
        solvers = dict(_SOLVERS)
        if Draft.DRAFT_4 not in (base.draft, new.draft):
            del solvers[atoms.WHOLE]  # as INTEGER
        self._prover = Prover(self.world, solvers, steps=steps)

    def backward(self) -> Inclusion:
        """Whether what fits the base fits the new schema."""
        base, new = self.nodes
        return self._documents(base, new, self.base, self.new)

    def forward(self) -> Inclusion:
        """Whether what fits the new schema fits the base."""
        base, new = self.nodes
        return self._documents(new, base, self.new, self.base)

    def effect(self, old: Sequence[Node], new: Sequence[Node]) -> Effect:
        """What became of the values that fit all the old nodes, and fit all the new ones."""
        kept, added = self._all_fit(old, new), not self._all_fit(new, old)
        return _EFFECTS[kept, added]

    def _all_fit(self, inner: Sequence[Node], outer: Sequence[Node]) -> bool:
        """Whether it is proved, with a part of what is left of the steps for it."""
        met = frozenset((node, True) for node in inner)
        self._prover.steps = min(_STEPS_OF_EFFECT, self._left)
        self._left -= self._prover.steps
        try:
            proved = all(self._prover.solve(met | {(node, False)}).empty for node in outer)
        except (OutOfStepsError, RecursionError):
            return False
        self._left += max(self._prover.steps, 0)
        return proved

    def _documents(self, inner: Node, outer: Node, narrow: Schema, wide: Schema) -> Inclusion:
        self._prover.steps = self._steps
        outcome, reason = self._solve(inner, outer)
        if outcome.empty:
            return Inclusion("yes")

        def refutes(document: Any) -> bool:
            return _takes(narrow, inner, document) is True and (
                _takes(wide, outer, document) is False
            )

        found = outcome.state == "found" and refutes(outcome.value)
        if found:
            return Inclusion("no", example=_plain(outcome.value, refutes))
        seeds = [] if outcome.value is None else [outcome.value]
        self._prover.steps = self._steps // 4
        some, _ = self._solve(inner, self.world.false)
        seeds += [] if some.value is None else [some.value]
        for document in search((narrow.value, wide.value), seeds):
            if refutes(document):
                return Inclusion("no", example=_plain(document, refutes))
        return Inclusion("unknown", reason=reason)

    def _solve(self, inner: Node, outer: Node) -> tuple[Outcome, str]:
        """A value of the one that is none of the other; and why, if that stays open."""
        try:
            return self._prover.solve(frozenset({(inner, True), (outer, False)})), "not_proven"
        except OutOfStepsError:
            return OPEN, "too_large"
        except RecursionError:
            return OPEN, "too_deep"


def _takes(schema: Schema, root: Node, document: Any) -> bool | None:
    """Asks the validator, where that is sure to answer soon."""
    try:
        return (
            schema.validator.is_valid(document) if schema.quick(document) else fits(root, document)
        )
    except (TooMuchWorkError, RecursionError, ValueError):
        return None


def _plain(document: Any, refutes: Callable[[Any], bool]) -> Any:
    """The document with floats for decimals, where it is still an example; else none is shown."""
    plain = json_text.plain(document)
    return plain if refutes(plain) else msgspec.UNSET
