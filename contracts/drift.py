"""Says what an observed difference between a run's rows and their contract means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from contracts.diff import Observation, Shape, observations
from contracts.odcs import Entity

DriftKind = Literal["new_field", "missing_field", "new_value", "type_change", "null_in_required"]
Verdict = Literal["compatible", "breaking"]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """Where observed rows differ from their contract; `field` is a dotted name.

    `found` is what the contract does not allow there: kinds of value, or values where it lists
    them. `new` says it in words.
    """

    field: str
    kind: DriftKind
    verdict: Verdict
    old: str
    new: str
    found: tuple[str, ...]
    example: str
    message: str


@dataclass(frozen=True)
class DriftRule:
    """When an observation is drift, how bad it is, how it is told, and when it is over.

    `over` is asked once no rule finds the drift any more. That a run did not meet it proves
    nothing: rows have to show that it is gone, or the contract has to allow it.
    """

    kind: DriftKind
    verdict: Verdict
    when: Callable[[Observation], bool]
    old: Callable[[Observation], str]
    new: Callable[[Observation], str]
    message: str
    over: Callable[[Observation, frozenset[str]], bool]
    found: Callable[[Observation], Iterable[str]] = lambda one: ()


DRIFT_RULES = (
    DriftRule(
        kind="new_field",
        verdict="compatible",
        when=lambda one: one.field is None,
        old=lambda one: "not contracted",
        new=lambda one: " or ".join(sorted(one.seen.kinds)) or "null",
        message="{field} is not contracted and not stored; it came as {new}",
        over=lambda one, found: one.field is not None,
        found=lambda one: one.seen.kinds - {"null"},
    ),
    DriftRule(
        kind="missing_field",
        verdict="compatible",
        when=lambda one: one.absent and one.earlier and not one.required,
        old=lambda one: "optional",
        new=lambda one: "absent",
        message="{field} is absent from the whole run; earlier runs had it",
        over=lambda one, found: one.holders > 0,
    ),
    DriftRule(
        kind="missing_field",
        verdict="breaking",
        when=lambda one: one.absent and one.required,
        old=lambda one: "required",
        new=lambda one: "absent",
        message="{field} is required, and absent from the whole run",
        over=lambda one, found: one.holders > 0,
    ),
    DriftRule(
        kind="null_in_required",
        verdict="breaking",
        when=lambda one: one.required and not one.absent and one.lacking > 0,
        old=lambda one: "required",
        new=lambda one: f"null or absent in {one.lacking} of {one.holders}",
        message="{field} is required, and {new}",
        over=lambda one, found: one.holders > 0,
    ),
    DriftRule(
        kind="type_change",
        verdict="breaking",
        when=lambda one: bool(one.misfits),
        old=lambda one: one.contracted_type,
        new=lambda one: " or ".join(one.misfits),
        message="{field} is contracted as {old}, and came as {new}",
        over=lambda one, found: one.seen.present > one.seen.null,
        found=lambda one: one.misfits,
    ),
    DriftRule(
        kind="new_value",
        verdict="compatible",
        when=lambda one: bool(one.unlisted),
        old=lambda one: "one of the listed values",
        new=lambda one: ", ".join(one.unlisted),
        message="{field} has values that the contract does not list: {new}",
        over=lambda one, found: one.allows(found),
        found=lambda one: one.unlisted,
    ),
)


def observe(contract: Entity, seen: Shape, earlier: frozenset[str]) -> list[Drift]:
    """Where a run's rows differ from their contract.

    `earlier` are the fields that earlier runs had, by JSON pointer as in `seen`: an optional field
    that never came is not drift, for a server may be older than the contract.
    """
    return [
        _drift(rule, observation)
        for observation in observations(contract, seen, earlier)
        for rule in DRIFT_RULES
        if rule.when(observation)
    ]


def over(
    contract: Entity, seen: Shape, *, field: str, kind: DriftKind, found: frozenset[str]
) -> bool:
    """Whether drift that earlier runs found, and `observe` does not find in this one, has ended.

    Other rows without the drift do not end it: those that have the field must show that it fits,
    or the contract must allow what was `found`.
    """
    observed = {one.name: one for one in observations(contract, seen, frozenset())}
    one = observed.get(field)
    if one is None or one.field is None:
        return kind != "new_field" or contract.ignores(field)
    rule = next(rule for rule in DRIFT_RULES if rule.kind == kind)
    return rule.over(one, found)


def _drift(rule: DriftRule, one: Observation) -> Drift:
    old, new = rule.old(one), rule.new(one)
    return Drift(
        field=one.name,
        kind=rule.kind,
        verdict=rule.verdict,
        old=old,
        new=new,
        found=tuple(sorted(rule.found(one))),
        example=one.seen.example,
        message=rule.message.format(field=one.name, old=old, new=new),
    )
