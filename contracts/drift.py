"""Says what an observed difference between a run's rows and their contract means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from contracts.diff import Observation, Shape, observations
from contracts.odcs import Entity

DriftKind = Literal["new_field", "missing_field", "new_value", "type_change", "null_in_required"]
Verdict = Literal["compatible", "breaking"]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """Where observed rows differ from their contract; `field` is a dotted name."""

    field: str
    kind: DriftKind
    verdict: Verdict
    old: str
    new: str
    example: str
    message: str


@dataclass(frozen=True)
class DriftRule:
    """When an observation is drift, how bad it is, and how it is told."""

    kind: DriftKind
    verdict: Verdict
    when: Callable[[Observation], bool]
    old: Callable[[Observation], str]
    new: Callable[[Observation], str]
    message: str


DRIFT_RULES = (
    DriftRule(
        kind="new_field",
        verdict="compatible",
        when=lambda one: one.field is None,
        old=lambda one: "not contracted",
        new=lambda one: " or ".join(sorted(one.seen.kinds)) or "null",
        message="{field} is not contracted and not stored; it came as {new}",
    ),
    DriftRule(
        kind="missing_field",
        verdict="compatible",
        when=lambda one: one.absent and one.earlier and not one.required,
        old=lambda one: "optional",
        new=lambda one: "absent",
        message="{field} is absent from the whole run; earlier runs had it",
    ),
    DriftRule(
        kind="missing_field",
        verdict="breaking",
        when=lambda one: one.absent and one.required,
        old=lambda one: "required",
        new=lambda one: "absent",
        message="{field} is required, and absent from the whole run",
    ),
    DriftRule(
        kind="null_in_required",
        verdict="breaking",
        when=lambda one: one.required and not one.absent and one.lacking > 0,
        old=lambda one: "required",
        new=lambda one: f"null or absent in {one.lacking} of {one.holders}",
        message="{field} is required, and {new}",
    ),
    DriftRule(
        kind="type_change",
        verdict="breaking",
        when=lambda one: bool(one.misfits),
        old=lambda one: one.contracted_type,
        new=lambda one: " or ".join(one.misfits),
        message="{field} is contracted as {old}, and came as {new}",
    ),
    DriftRule(
        kind="new_value",
        verdict="compatible",
        when=lambda one: bool(one.unlisted),
        old=lambda one: "one of the listed values",
        new=lambda one: ", ".join(one.unlisted),
        message="{field} has values that the contract does not list: {new}",
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


def _drift(rule: DriftRule, one: Observation) -> Drift:
    old, new = rule.old(one), rule.new(one)
    return Drift(
        field=one.name,
        kind=rule.kind,
        verdict=rule.verdict,
        old=old,
        new=new,
        example=one.seen.example,
        message=rule.message.format(field=one.name, old=old, new=new),
    )
