"""What a change of the dbt project does to the promises of its models, and to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from contracts.compatibility import Finding, judge
from contracts.table_compatibility import TABLE_RULES
from contracts.table_diff import diff_tables
from contracts.tables import Table, Tables, tables
from scripts.lineage import ways_down

GUIDE = "docs/analysts.md#rename-a-column"
Manifest = Mapping[str, Any]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One model's changed promises.

    `refused` says that readers outside its group break; `way_out` then says what to do instead.
    `readers` are the ways from it down to each exposure and each model that nothing else reads.
    """

    model: str
    version: int
    access: str
    refused: bool
    findings: list[Finding]
    readers: list[tuple[str, ...]]
    way_out: str


def review(before: Manifest, after: Manifest, today: date) -> list[Review]:
    """Each model whose contract differs, the refused ones first."""
    old, new = tables(before, today), tables(after, today)
    reviews = [
        _review(table, judge(changes, TABLE_RULES), old, _readers(table, before, after))
        for table, changes in diff_tables(old, new)
    ]
    return sorted(reviews, key=lambda each: (not each.refused, each.model))


def _review(
    table: Table, findings: list[Finding], old: Tables, readers: list[tuple[str, ...]]
) -> Review:
    breaking = [finding for finding in findings if finding.breaks != "nothing"]
    refused = bool(breaking) and table.access != "private"
    return Review(
        model=table.relation,
        version=table.version,
        access=table.access,
        refused=refused,
        findings=findings,
        readers=readers,
        way_out=_way_out(table, old) if refused else _known_readers(breaking),
    )


def _readers(table: Table, before: Manifest, after: Manifest) -> list[tuple[str, ...]]:
    """Who reads it after the change; of a model that is gone, who read it before."""
    manifest = after if table.node in after["nodes"] else before
    return ways_down(manifest, table.node)


def _way_out(table: Table, old: Tables) -> str:
    """The next version is counted from those that were published: one of this change may go."""
    following = max(version for name, version in old if name == table.name) + 1
    return (
        f"leave version {table.version} of {table.name} as it was, and make the change in a version"
        f" {following} beside it, to which its readers move in their own time: {GUIDE}"
    )


def _known_readers(breaking: Sequence[Finding]) -> str:
    if not breaking:
        return ""
    return "none is needed: only its own group reads it, and those models are built here"
