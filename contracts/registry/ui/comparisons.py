"""Two versions of a layer compared: what changed, why it breaks, whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping

from contracts.compatibility import Finding
from contracts.diff import ROW, Change
from contracts.fields import hits
from contracts.json_schema import Verdict
from contracts.policy import meets
from contracts.registry import checks, datasets, subscriptions, versions
from contracts.registry.engine import read_verdict
from contracts.registry.judgements import Base, Verdicts, in_words, judge
from contracts.registry.services import Services
from contracts.registry.shapes.datasets import DatasetBody
from contracts.registry.shapes.subscriptions import BrokenSubscription, SubscriptionBody
from contracts.registry.ui.listings import Listing
from contracts.registry.ui.side_by_side import SideBySide, side_by_side

_LEVELS = ("error", "warning", "info")
_MOST_READERS = 100
_ALONE = "_TRANSITIVE"
_INDEX = re.compile(r"\[[*\d]*\]|/(?:\*|\d+)(?=/|$)")


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A change, and the consumers among those that it breaks who read that field."""

    change: Finding
    consumers: list[str]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`broken` are the first of `broken_total`; `readers` is how many subscribe to the layer."""

    dataset: DatasetBody
    old: int
    new: int
    verdict: Verdict
    allowed: bool
    message: str
    reasons: Listing[Reason]
    lines: SideBySide
    broken: list[BrokenSubscription]
    broken_total: int
    readers: int


def compare_versions(
    services: Services, dataset_id: str, layer: str, *, old: str, new: str, number: int, size: int
) -> Comparison:
    """Compares these two alone, also where a policy asks for all. Raises `NotFound`."""
    with services.database.read("ui.diff") as connection:
        before = versions.find(connection, dataset_id, layer, old)
        after = versions.find(connection, dataset_id, layer, new)
    pair = (str(before["version"]), str(after["version"]))
    verdict = read_verdict(checks.diff(services, dataset_id, layer, *pair))
    with services.database.read("ui.broken") as connection:
        dataset = datasets.get(connection, dataset_id)
        readers = subscriptions.active(connection, dataset_id, layer)
        broken = _broken(connection, services, before, after, readers)
    return Comparison(
        dataset=dataset,
        old=before["version"],
        new=after["version"],
        verdict=verdict,
        allowed=meets(verdict.classification, dataset.compatibility),
        message=in_words(verdict.classification),
        reasons=_reasons(verdict.changes, broken[:_MOST_READERS], number, size),
        lines=side_by_side(before["canonical"], after["canonical"]),
        broken=broken[:_MOST_READERS],
        broken_total=len(broken),
        readers=len(readers),
    )


def _broken(
    connection: Connection,
    services: Services,
    before: RowMapping,
    after: RowMapping,
    readers: Sequence[SubscriptionBody],
) -> list[BrokenSubscription]:
    alone = [
        each.model_copy(
            update={"required_compatibility": each.required_compatibility.removesuffix(_ALONE)}
        )
        for each in readers
    ]
    schema = services.engine.schema(connection, after["schema_hash"])
    return judge(
        connection,
        Verdicts(services.engine, schema),
        dataset={"dataset_id": before["dataset_id"], "compatibility": "NONE"},
        layer=before["layer"],
        base=Base(before["version"], before["schema_hash"]),
        subscriptions=alone,
        version=after["version"],
    ).broken


def _reasons(
    changes: Sequence[Finding], broken: Sequence[BrokenSubscription], number: int, size: int
) -> Listing[Reason]:
    """A page of the changes, the worst first."""
    ordered = sorted(changes, key=lambda each: _LEVELS.index(each.level))
    items = [
        Reason(change=each, consumers=_hit(each, broken))
        for each in ordered[(number - 1) * size : number * size]
    ]
    return Listing(items=items, page=number, page_size=size, total=len(changes))


def _hit(change: Finding, broken: Sequence[BrokenSubscription]) -> list[str]:
    """Those among them that the change is one reason for."""
    return [each.consumer for each in broken if change.message in each.reasons]


def readers_of(
    readers: Sequence[SubscriptionBody], field: str, *, number: int, size: int
) -> Listing[SubscriptionBody]:
    """Whom a change of a field can break: a dotted name or a JSON pointer."""
    asked = [_change(name) for name in {field, _INDEX.sub("", field)}]
    found = [
        each
        for each in readers
        if each.required_compatibility != "NONE"
        and any(hits(change, each.fields) for change in asked)
    ]
    items = found[(number - 1) * size : number * size]
    return Listing(items=items, page=number, page_size=size, total=len(found))


def _change(field: str) -> Change:
    """A change of that field, whatever it is."""
    names = field.split(".")
    if field.startswith("/"):
        names = [each.replace("~1", "/").replace("~0", "~") for each in field[1:].split("/")]
    place = ROW
    for name in names:
        place = place.below(name)
    return Change(op="change", path=place.path, field=place.field, rule="field")
