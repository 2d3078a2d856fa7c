"""What a change of the dbt project does to the promises of its models, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from contracts.compatibility import Finding, judge
from contracts.diff import Change
from contracts.publication import GUIDE
from contracts.table_compatibility import TABLE_RULES
from contracts.table_diff import diff_tables
from contracts.tables import Table, Tables, tables
from scripts.contracts.models_in_force import ModelsInForce
from scripts.dbt import Manifest
from scripts.models.lineage import ways_down


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One model's changed promises.

    `refused` says that readers outside its group break; `way_out` then says what to do instead.
    `readers` are the ways from it down to each exposure and each model that nothing else reads,
    `subscribers` whom the registry says that it breaks, and why.
    """

    model: str
    version: int
    access: str
    refused: bool
    findings: list[Finding]
    readers: list[tuple[str, ...]]
    way_out: str
    subscribers: list[str]


def review(
    before: Manifest, after: Manifest, today: date, registry: ModelsInForce | None = None
) -> list[Review]:
    """Each model whose contract differs, the refused ones first; a `registry` decides if given."""
    new = tables(after, today)
    old = registry.old if registry else tables(before, today)
    reviews = [
        _review(table, changes, old, _readers(table, before, after), registry)
        for table, changes in diff_tables(old, new)
    ]
    return sorted(reviews, key=lambda each: (not each.refused, each.model))


def _review(
    table: Table,
    changes: list[Change],
    old: Tables,
    readers: list[tuple[str, ...]],
    registry: ModelsInForce | None,
) -> Review:
    findings = judge(changes, TABLE_RULES)
    breaking = [finding for finding in findings if finding.breaks != "nothing"]
    told = registry.breaks(table, changes) if registry else None
    breaks = bool(breaking) if told is None else told
    refused = breaks and table.access != "private"
    return Review(
        model=table.relation,
        version=table.version,
        access=table.access,
        refused=refused,
        findings=findings,
        readers=readers,
        way_out=_way_out(table, old, breaking) if refused else _known_readers(breaking),
        subscribers=registry.subscribers(table) if registry else [],
    )


def _readers(table: Table, before: Manifest, after: Manifest) -> list[tuple[str, ...]]:
    """Who reads it after the change; of a model that is gone, who read it before."""
    manifest = after if table.node in after["nodes"] else before
    return ways_down(manifest, table.node)


def _way_out(table: Table, old: Tables, breaking: Sequence[Finding]) -> str:
    """The next version is counted from those that were published: one of this change may go."""
    if any(each.rule == "table_removed" for each in breaking):
        return f"put it back with a deprecation_date, and remove it when that has passed: {GUIDE}"
    following = max(version for name, version in old if name == table.name) + 1
    return (
        f"leave version {table.version} of {table.name} as it was, and make the change in a version"
        f" {following} beside it, to which its readers move in their own time: {GUIDE}"
    )


def _known_readers(breaking: Sequence[Finding]) -> str:
    if not breaking:
        return ""
    return "none is needed: only its own group reads it, and those models are built here"
