"""What a schema means after the versions that are stored: for the policy, and for consumers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from contracts.compatibility import Classification, Finding
from contracts.fields import hits
from contracts.json_schema import Budget, Schema, Verdict
from contracts.policy import Policy, meaning, meets, transitive
from contracts.registry.database import Row
from contracts.registry.engine import FULL, Engine, read_verdict
from contracts.registry.models import ContractVersion
from contracts.registry.shapes.subscriptions import BrokenSubscription, SubscriptionBody

_WORDS: dict[Classification, str] = {
    "both": "new readers read old data, and old readers read new data",
    "backward": "new readers read old data, but old readers do not read all new data",
    "forward": "old readers read new data, but new readers do not read all old data",
    "none": "neither do new readers read all old data, nor old readers all new data",
}
_DIRECTIONS: dict[str, tuple[str, ...]] = {
    "BACKWARD": ("backward",),
    "FORWARD": ("forward",),
    "FULL": ("backward", "forward"),
    "NONE": (),
}


_MOST_STEPS = 20 * FULL.steps


@dataclass(frozen=True)
class Base:
    """A stored version."""

    version: int
    schema_hash: str


@dataclass
class Verdicts:
    """What the engine says of `new` after stored schemas, each asked once.

    `texts` are those that may be kept. The work for many schemas is bounded as that for one is.
    """

    engine: Engine
    new: Schema
    texts: dict[str, bytes] = field(default_factory=dict)
    budget: Budget = FULL
    _read: dict[str, Verdict] = field(default_factory=dict)

    def of(self, connection: Connection, base: Base) -> Verdict:
        """Worked out here when nobody has asked before."""
        found = self._read.get(base.schema_hash)
        if found is None:
            text, final = self.engine.verdict(
                connection, base.schema_hash, self.new, budget=self.budget
            )
            if final:
                self.texts[base.schema_hash] = text
            found = self._read[base.schema_hash] = read_verdict(text)
        return found


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """`changes` are those from the base, and with their version those that break another."""

    classification: Classification
    compatible: bool
    message: str
    checked_against: list[int]
    changes: list[tuple[int, Finding]]
    broken: list[BrokenSubscription]


FIRST = Judgement(
    classification="both",
    compatible=True,
    message="the first version: there is nothing that it could break",
    checked_against=[],
    changes=[],
    broken=[],
)


def bases_of(connection: Connection, dataset_id: str, layer: str) -> list[Base]:
    """Every version, oldest first."""
    query = (
        select(ContractVersion.version, ContractVersion.schema_hash)
        .where(ContractVersion.dataset_id == dataset_id, ContractVersion.layer == layer)
        .order_by(ContractVersion.version)
    )
    return [Base(*row) for row in connection.execute(query)]


def judge(
    connection: Connection,
    verdicts: Verdicts,
    *,
    dataset: Row,
    layer: str,
    base: Base,
    subscriptions: Sequence[SubscriptionBody],
    version: int | None = None,
) -> Judgement:
    """Judges a schema against `base`, or all versions where somebody asks for it.

    `version` is the number that it has or would get; None is the next one.
    """
    policy: Policy = dataset["compatibility"]
    everything = [base]
    if transitive(policy) or any(transitive(each.required_compatibility) for each in subscriptions):
        everything = bases_of(connection, dataset["dataset_id"], layer)
    checked = everything if transitive(policy) else [base]
    verdicts.budget = Budget(min(FULL.steps, _MOST_STEPS // len(everything)))
    found = {each.version: verdicts.of(connection, each) for each in everything}
    classification = _all_of(found[each.version].classification for each in checked)
    return Judgement(
        classification=classification,
        compatible=meets(classification, policy),
        message=in_words(classification, policy),
        checked_against=[each.version for each in checked],
        changes=_changes(found, base, [each.version for each in checked]),
        broken=[
            broken
            for each in subscriptions
            if (broken := _broken(each, found, base.version, version)) is not None
        ],
    )


def in_words(classification: Classification, policy: Policy | None = None) -> str:
    """The verdict with the direction that it means, and what the policy asks."""
    words = f"{classification}: {_WORDS[classification]}"
    return words if policy is None else f"{words}; the policy {policy} asks: {meaning(policy)}"


def _all_of(found: Iterable[Classification]) -> Classification:
    classes = set(found)
    backward = classes <= {"both", "backward"}
    forward = classes <= {"both", "forward"}
    if backward:
        return "both" if forward else "backward"
    return "forward" if forward else "none"


def _changes(
    found: dict[int, Verdict], base: Base, checked: Sequence[int]
) -> list[tuple[int, Finding]]:
    changes = [(base.version, each) for each in found[base.version].changes]
    for version in checked:
        if version != base.version:
            broken = (each for each in found[version].changes if each.breaks != "nothing")
            changes += [(version, each) for each in broken]
    return changes


def _broken(
    subscription: SubscriptionBody, found: dict[int, Verdict], base: int, version: int | None
) -> BrokenSubscription | None:
    policy = subscription.required_compatibility
    oldest = subscription.min_version or 1
    if version is not None and version < oldest:
        reasons = [f"version {version} is older than version {oldest}, the oldest that it reads"]
    else:
        versions = [base] if not transitive(policy) else [each for each in found if each >= oldest]
        directions = _DIRECTIONS[policy.removesuffix("_TRANSITIVE")]
        every = (
            reason
            for each in versions
            for direction in directions
            for reason in _reasons(found[each], direction, subscription.fields)
        )
        reasons = list(dict.fromkeys(every))
    if not reasons:
        return None
    return BrokenSubscription(
        subscription_id=subscription.subscription_id,
        consumer=subscription.consumer,
        required_compatibility=policy,
        fields=subscription.fields,
        reasons=reasons,
    )


def _reasons(verdict: Verdict, direction: str, fields: Sequence[str]) -> list[str]:
    """Why a direction does not hold for a reader of `fields`; a break without a place hits all."""
    answer = verdict.backward if direction == "backward" else verdict.forward
    if answer.holds == "yes":
        return []
    breaking = [each for each in verdict.changes if each.breaks in (direction, "both")]
    if not breaking:
        return [answer.why]
    return [each.message for each in breaking if hits(each, fields)]
