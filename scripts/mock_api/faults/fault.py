"""A fault as it was asked for, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, to_builtins

from scripts.mock_api.faults.dialects import Dialect, Json

_Count = Annotated[int, Meta(ge=0)]
_Seconds = Annotated[float, Meta(ge=0, le=86_400)]
_Share = Annotated[float, Meta(gt=0, le=1)]


class Spec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of `POST /_control/faults`.

    `entity` is the first path word below the API's base, empty for all. A fault lets the first
    `after` requests that it could strike pass, then strikes each with the probability `rate`
    (drawn from `seed`), `times` in all; 0 is until cleared. `field` may be a dotted path.
    """

    scenario: str
    entity: str = ""
    after: _Count = 0
    times: _Count | UnsetType = UNSET
    seconds: _Seconds | UnsetType = UNSET
    seed: int = 0
    rate: _Share = 1.0
    field: str = ""
    value: Any = UNSET


@dataclass
class Fault:
    """An added fault; `times` and `seconds` are the spec's, or else its scenario's."""

    spec: Spec
    dialect: Dialect
    times: int
    seconds: float
    passed: int = 0
    struck: int = 0
    tails: dict[str, Json] = field(default_factory=dict)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.spec.seed)  # noqa: S311 - places faults, guards nothing

    @property
    def spent(self) -> bool:
        return 0 < self.times <= self.struck

    def due(self) -> bool:
        """Whether this request's turn has come; counts those that were let pass."""
        if self.passed < self.spec.after:
            self.passed += 1
            return False
        return not self.spent and self.random.random() < self.spec.rate

    def strike(self) -> bool:
        """Takes one of its `times`; False when other requests have taken them all meanwhile."""
        if self.spent:
            return False
        self.struck += 1
        return True

    def described(self) -> Json:
        facts = {"times": self.times, "struck": self.struck, "spent": self.spent}
        return {**to_builtins(self.spec), **facts}
