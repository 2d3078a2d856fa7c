"""What the policies ask."""

from __future__ import annotations

import pytest

from contracts.compatibility import Classification
from contracts.policy import POLICIES, Policy, meaning, meets, transitive


@pytest.mark.parametrize(
    ("policy", "enough"),
    [
        ("BACKWARD", {"both", "backward"}),
        ("FORWARD", {"both", "forward"}),
        ("FULL", {"both"}),
        ("NONE", {"both", "backward", "forward", "none"}),
    ],
)
def test_a_policy_is_met_by_what_it_asks(policy: Policy, enough: set[str]) -> None:
    every: tuple[Classification, ...] = ("both", "backward", "forward", "none")
    assert {each for each in every if meets(each, policy)} == enough


def test_transitive_policies_ask_the_same_of_every_version() -> None:
    for policy in POLICIES:
        if transitive(policy):
            plain = policy.removesuffix("_TRANSITIVE")
            assert meets("backward", policy) is meets("backward", plain)  # type: ignore[arg-type]
            assert "every version" in meaning(policy)


def test_a_policy_says_its_direction_in_words() -> None:
    assert meaning("BACKWARD") == "new readers read old data, compared with the current version"
