"""Holds the row ledger against what it promises: every received row has a fate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.results import Check, Outcome, Severity

QUARANTINED_AT_MOST = 0.01
"""Share of an entity's received rows: beyond it the table is no picture of the source."""
COMPARED_LOADS = 3
"""So many loads in a row that brought rows make it remarkable when one brings none."""


class Finding(NamedTuple):
    outcome: Outcome
    observed: str
    detail: str = ""


class Rule(NamedTuple):
    name: str
    severity: Severity
    expected: str
    find: Callable[[LedgerRow], Finding]


def reconciliation_checks(
    ledger: Iterable[LedgerRow], earlier: Mapping[tuple[str, str], Sequence[int]]
) -> list[Check]:
    """One check for each rule and entity.

    `earlier` is how many rows the loads before received, per source and entity, newest first.
    """
    return [
        _check(row, rule)
        for row in ledger
        for rule in (*RULES, _some_received(earlier.get((row.source, row.entity), ())))
    ]


def _check(row: LedgerRow, rule: Rule) -> Check:
    table = f"raw_{row.source}.{row.entity}"
    found = rule.find(row)
    return Check(
        check_id=f"reconciliation:{table}:{rule.name}",
        kind="reconciliation",
        table=table,
        name=rule.name,
        severity=rule.severity,
        outcome=found.outcome,
        expected=rule.expected,
        observed=found.observed,
        detail=found.detail,
    )


def _balanced(row: LedgerRow) -> Finding:
    accounted = row.deduplicated + row.unchanged + row.quarantined + row.loaded
    observed = f"{row.received:,} received, {accounted:,} accounted for"
    if row.received == accounted:
        return Finding("passed", observed)
    return Finding(
        "failed",
        observed,
        "Rows were lost or counted twice on the way into raw. The landing still has the pages: "
        "replay this run before trusting the table.",
    )


def _none_quarantined(row: LedgerRow) -> Finding:
    if not row.quarantined:
        return Finding("passed", "no row quarantined")
    return Finding(
        "failed",
        f"{row.quarantined:,} of {row.received:,} received rows quarantined",
        f"quarantine.{row.source} names the landing file, the field and the reason of each.",
    )


def _few_quarantined(row: LedgerRow) -> Finding:
    share = row.quarantined / row.received if row.received else 0.0
    observed = f"{share:.1%} of {row.received:,} received rows quarantined"
    if share <= QUARANTINED_AT_MOST:
        return Finding("passed", observed)
    advice = "The table lacks these rows: mend the contract or the server before using it."
    return Finding("failed", observed, advice)


def _read_in_full(row: LedgerRow) -> Finding:
    if row.outcome == "absent":
        return Finding("not_checked", "nothing", "The server does not have this entity.")
    if row.outcome == "partial":
        advice = "The rest was loaded: give the token access, or live without these rows."
        return Finding("failed", row.note or "a parent was skipped", advice)
    return Finding("passed", f"{row.requests:,} requests, {row.pages:,} pages")


def _some_received(earlier: Sequence[int]) -> Rule:
    expected = f"rows, when each of the last {COMPARED_LOADS} loads received some"
    return Rule("some_received", "warning", expected, partial(_not_silent, earlier))


def _not_silent(earlier: Sequence[int], row: LedgerRow) -> Finding:
    last = earlier[:COMPARED_LOADS]
    before = ", ".join(f"{each:,}" for each in last) or "no load"
    observed = f"{row.received:,} received, before that {before}"
    if row.received or len(last) < COMPARED_LOADS or not all(last):
        return Finding("passed", observed)
    advice = (
        "The server may hide what it has: see whether the token still reaches it, and whether the"
        " list's filter is still understood."
    )
    return Finding("failed", observed, advice)


RULES = (
    Rule(
        "balanced",
        "critical",
        "received = deduplicated + unchanged + quarantined + loaded",
        _balanced,
    ),
    Rule("few_quarantined", "critical", "at most 1 % of the rows quarantined", _few_quarantined),
    Rule("none_quarantined", "warning", "every row fits its contract", _none_quarantined),
    Rule("read_in_full", "warning", "the server answered for every parent", _read_in_full),
)
