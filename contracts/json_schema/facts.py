"""What is known of a value of one type, in one branch of a proof."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from contracts.json_schema.atoms import Atom, Items, Shape, Values
from contracts.json_schema.keywords import types_of
from contracts.json_schema.nodes import Node

Goal = frozenset[tuple[Node, bool]]
Literal = tuple[Node | Atom, bool]
Literals = tuple[Literal, ...]
Choice = list[Literals]
Bound = tuple[Fraction, bool]


@dataclass(frozen=True)
class Some:
    """There is a property whose name meets `names` and is none of `apart_from`."""

    names: Goal
    apart_from: frozenset[str]
    value: Goal


@dataclass
class Facts:
    """Of a value of type `kind`, looked for since `began` steps were left.

    `deferred` are atoms, met or missed, that the prover still has to look into.
    `lower` and `upper` bound the number, the length or the count. `present` says of a property, and
    `elements` of an element, what it meets; `elements_from` of some element from there on.
    """

    kind: int
    began: int = 0
    nodes: dict[Node, bool] = field(default_factory=dict)
    atoms: dict[Atom, bool] = field(default_factory=dict)
    deferred: list[tuple[Atom, bool]] = field(default_factory=list)
    values: Values | None = None
    excluded: frozenset[bytes] = frozenset()
    lower: Bound | None = None
    upper: Bound | None = None
    multiples: tuple[Fraction, ...] = ()
    not_multiples: tuple[Fraction, ...] = ()
    patterns: tuple[str, ...] = ()
    not_patterns: tuple[str, ...] = ()
    items: tuple[Items, ...] = ()
    unique: bool = False
    repeated: bool = False
    at_least: tuple[tuple[Node, int], ...] = ()
    at_most: tuple[tuple[Node, int], ...] = ()
    elements: dict[int, Goal] = field(default_factory=dict)
    elements_from: tuple[tuple[int, Goal], ...] = ()
    shapes: tuple[Shape, ...] = ()
    names: tuple[Node, ...] = ()
    present: dict[str, Goal] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    some: tuple[Some, ...] = ()

    def copy(self) -> Facts:
        return replace(
            self,
            nodes=self.nodes.copy(),
            atoms=self.atoms.copy(),
            deferred=self.deferred.copy(),
            elements=self.elements.copy(),
            present=self.present.copy(),
        )

    @property
    def least(self) -> int:
        """The least length or count."""
        return _up(self.lower) if self.lower else 0

    @property
    def most(self) -> int | None:
        """The greatest length or count."""
        return _down(self.upper) if self.upper else None

    def open_of(self, choice: Choice) -> Choice | None:
        """Those of its literals that can still come true; None when some are true already."""
        left = []
        for literals in dict.fromkeys(choice):
            truths = [self._truth(*literal) for literal in literals]
            if all(truths):
                return None
            if False not in truths:
                left.append(literals)
        return left

    def _truth(self, what: Node | Atom, wanted: bool) -> bool | None:
        if isinstance(what, Node):
            known = self.nodes.get(what)
            if known is not None:
                return known is wanted
            return None if types_of(what) & self.kind else not wanted
        if not what.types & self.kind:
            return wanted
        if what.kind == "type":
            return bool(what.data & self.kind) is wanted
        if what.kind == "has":
            if what.data in self.absent:
                return not wanted
            return wanted if what.data in self.present else None
        known = self.atoms.get(what)
        return None if known is None else known is wanted


def _up(bound: Bound) -> int:
    value, is_open = bound
    return max(value.__floor__() + 1 if is_open else value.__ceil__(), 0)


def _down(bound: Bound) -> int:
    value, is_open = bound
    return value.__ceil__() - 1 if is_open else value.__floor__()
