"""What a new schema means for readers of the old one and for old readers.

`backward`: every document that fits `base` fits `new` (new readers read old data); `forward`: every
one that fits `new` fits `base` (old readers read new data). Both are answered of the schemas as a
whole, by proof or by example; the changes say what differs, and agree with the answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from contracts.compatibility import Breaks, Classification, Finding, classification, judge
from contracts.json_schema.differences import differences
from contracts.json_schema.inclusion import Answer, Inclusion, Inclusions
from contracts.json_schema.rules import SCHEMA_RULES
from contracts.json_schema.schemas import Schema


@dataclass(frozen=True)
class Budget:
    """`steps` bounds the work for each direction; ten thousand take about a second."""

    steps: int = 40_000


class Direction(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it holds: `yes` is proved, `no` has an example, `unknown` counts as no.

    `example` is a document that the one schema takes and the other refuses.
    """

    holds: Answer
    why: str
    example: Any = msgspec.UNSET


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`changes` are in the order of the schema, what speaks of the whole last."""

    classification: Classification
    backward: Direction
    forward: Direction
    changes: list[Finding]


class _Side(NamedTuple):
    name: Literal["backward", "forward"]
    before: str
    after: str
    readers: str


_SIDES = (
    _Side("backward", "the base schema", "the new one", "new readers read old data"),
    _Side("forward", "the new schema", "the base", "old readers read new data"),
)
_CAREFUL = {
    "not_proven": "it is neither proved nor refuted that they do",
    "too_large": "proving it takes more work than is allowed",
    "too_deep": "the schemas are nested too deep to prove it",
}
_PARTS: dict[Breaks, frozenset[str]] = {
    "both": frozenset({"backward", "forward"}),
    "backward": frozenset({"backward"}),
    "forward": frozenset({"forward"}),
    "nothing": frozenset(),
}
_BREAKS = {parts: breaks for breaks, parts in _PARTS.items()}


def compare(
    base: Schema, new: Schema, *, budget: Budget | None = None, depth: int | None = None
) -> Verdict:
    """How `new` follows `base`. Deeper than `depth` fields, changes are told as one."""
    inclusions = Inclusions(base, new, steps=(budget or Budget()).steps)
    answers = (inclusions.backward(), inclusions.forward())
    findings = judge(differences(inclusions, depth=depth), SCHEMA_RULES)
    holding = frozenset(
        side.name for side, answer in zip(_SIDES, answers, strict=True) if answer.holds == "yes"
    )
    changes = [_agreeing(finding, holding) for finding in findings]
    for side, answer in zip(_SIDES, answers, strict=True):
        changes += _of_the_whole(side, answer, changes)
    backward, forward = (
        _direction(side, answer) for side, answer in zip(_SIDES, answers, strict=True)
    )
    return Verdict(
        classification=classification(changes), backward=backward, forward=forward, changes=changes
    )


def _agreeing(finding: Finding, holding: frozenset[str]) -> Finding:
    """A finding breaks no direction that is proved to hold."""
    left = _PARTS[finding.breaks] - holding
    if left == _PARTS[finding.breaks]:
        return finding
    return msgspec.structs.replace(
        finding,
        breaks=_BREAKS[left],
        level=finding.level if left else "info",
        hint=finding.hint if left else "it breaks nobody: other parts of the schema see to that",
    )


def _of_the_whole(side: _Side, answer: Inclusion, changes: Iterable[Finding]) -> list[Finding]:
    """What no change of a part explains."""
    explained = any(side.name in _PARTS[change.breaks] for change in changes)
    if answer.holds == "yes" or (answer.holds == "no" and explained):
        return []
    if answer.holds == "no":
        rule, message = "counter_example", f"a document fits {side.before} and not {side.after}"
        hint = "see the example"
    else:
        rule, message = answer.reason, f"{side.readers}: {_CAREFUL[answer.reason]}"
        hint = "this is only being careful: simplify the schema, or look at the change yourself"
    return [
        Finding(
            op="change",
            path="",
            field="",
            rule=rule,
            schema_path="",
            level="error",
            breaks=side.name,
            message=message,
            hint=hint,
            example=answer.example,
        )
    ]


def _direction(side: _Side, answer: Inclusion) -> Direction:
    why = {
        "yes": f"{side.readers}: every document that fits {side.before} fits {side.after}",
        "no": f"not that {side.readers}: a document fits {side.before} and not {side.after}",
        "unknown": f"not sure that {side.readers}: {_CAREFUL.get(answer.reason, '')}",
    }
    return Direction(holds=answer.holds, why=why[answer.holds], example=answer.example)
