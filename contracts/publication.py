"""What publishing would write: the next version of each contract that differs from its last one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Literal

import msgspec

from contracts.compatibility import Finding
from contracts.contract import (
    LAYERS,
    Contract,
    Key,
    Layer,
    Status,
    breaks,
    changes,
    in_order,
    judged,
)
from contracts.diff import Change
from contracts.odcs import Entity
from contracts.published import Published

Kind = Literal["new", "changed", "reworded", "retired"]
GUIDE = "docs/analysts.md#rename-a-column"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A version to be written; of a refused one `remedy` says what to do instead.

    `reworded` changes no promise: descriptions, owners, what is ignored. `breaking` is told of the
    readers that count at its layer.
    """

    kind: Kind
    published: Published
    findings: list[Finding]
    breaking: bool
    remedy: str

    @property
    def key(self) -> Key:
        return self.published.contract.key

    @property
    def refused(self) -> bool:
        return bool(self.remedy)


Breaks = Callable[[Published, Contract, Sequence[Change]], bool]


def by_rules(old: Published, new: Contract, found: Sequence[Change]) -> bool:
    """Whether the rules on contracts call it breaking."""
    return breaks(new.layer, judged(new.layer, found))


def plan(
    last: Mapping[Key, Published],
    current: Mapping[Key, Contract],
    layers: Set[Layer],
    breaking: Breaks = by_rules,
) -> list[Step]:
    """The versions that are missing, layer by layer; those of `layers` alone are looked at.

    `breaking` is asked of each contract that says otherwise than its last version. Raw tables never
    go, so that none is ended because it was not there to be seen.
    """
    keys = sorted({*last, *current}, key=lambda key: (LAYERS.index(key.layer), key))
    wanted = (key for key in keys if key.layer in layers)
    steps = (_step(last.get(key), current.get(key), breaking) for key in wanted)
    return [step for step in steps if step]


def _step(last: Published | None, contract: Contract | None, asked: Breaks) -> Step | None:
    old = last.contract if last and last.status != "retired" else None
    if contract is None and (old is None or old.layer == "raw"):
        return None
    status: Status = _status(contract)
    if last and old and contract and in_order(old) == in_order(contract) and last.status == status:
        return None
    subject = contract or old
    assert subject is not None
    layer, found = subject.layer, changes(old, contract)
    findings = judged(layer, found)
    if last and old and contract:
        breaking = bool(found) and asked(last, contract, found)
    else:
        breaking = breaks(layer, findings)
    number = last.number + 1 if last else 1
    return Step(
        kind=_kind(old, contract, findings),
        published=Published(number=number, status=status, contract=subject),
        findings=findings,
        breaking=breaking,
        remedy=_remedy(old, contract) if breaking and old else "",
    )


def _status(contract: Contract | None) -> Status:
    if contract is None:
        return "retired"
    return "deprecated" if getattr(contract.promise, "retires", "") else "active"


def _kind(old: Contract | None, new: Contract | None, findings: list[Finding]) -> Kind:
    if old is None or new is None:
        return "new" if new else "retired"
    return "changed" if findings else "reworded"


def _remedy(old: Contract, new: Contract | None) -> str:
    """What to do instead; "" where a breaking change may be published."""
    if isinstance(old.promise, Entity):
        return _newer(old.promise, new.promise if new else None)
    if old.is_private or old.layer == "raw":
        return ""
    if new is None:
        return "give it a deprecation_date, and remove it when that has passed"
    name, version = old.promise.name, old.promise.version
    return (
        f"leave version {version} of {name} as it was, and make the change in a new version of the"
        f" model beside it, to which its readers move in their own time: {GUIDE}"
    )


def _newer(old: Entity, new: object) -> str:
    """An API changes whoever is hurt; its contract says so by its major version."""
    if not isinstance(new, Entity) or _major(new) > _major(old):
        return ""
    return (
        f"raise the major version of contracts/{old.source}/{old.name}.yaml ({old.version}), and of"
        f" contracts/{old.source}/contract.yaml, for new readers fail on old rows"
    )


def _major(entity: Entity) -> int:
    head = entity.version.partition(".")[0]
    return int(head) if head.isdigit() else 0
