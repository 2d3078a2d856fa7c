"""What a dataset asks of a new version, in the Confluent Schema Registry's words."""

from __future__ import annotations

from typing import Literal, get_args

from contracts.compatibility import Classification

Policy = Literal[
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
    "NONE",
]
POLICIES: tuple[Policy, ...] = get_args(Policy)

_ENOUGH: dict[str, frozenset[Classification]] = {
    "BACKWARD": frozenset({"both", "backward"}),
    "FORWARD": frozenset({"both", "forward"}),
    "FULL": frozenset({"both"}),
    "NONE": frozenset({"both", "backward", "forward", "none"}),
}
_MEANING = {
    "BACKWARD": "new readers read old data",
    "FORWARD": "old readers read new data",
    "FULL": "new readers read old data, and old readers new data",
    "NONE": "nothing is asked",
}


def meets(classification: Classification, policy: Policy) -> bool:
    """Whether a version so classified may follow the one it was compared with."""
    return classification in _ENOUGH[_kind(policy)]


def transitive(policy: Policy) -> bool:
    """Whether every earlier version counts, not the current one alone."""
    return policy.endswith("_TRANSITIVE")


def meaning(policy: Policy) -> str:
    """The policy in words, with the direction it is about."""
    against = "every version" if transitive(policy) else "the current version"
    words = _MEANING[_kind(policy)]
    return words if policy == "NONE" else f"{words}, compared with {against}"


def _kind(policy: Policy) -> str:
    return policy.removesuffix("_TRANSITIVE")
