"""Holds the row ledger against what it promises: every received row has a fate."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dlt_pipelines.loading.ledger import LedgerRow
from expectations.asking import Finding, Question, answered
from expectations.locations import located
from expectations.results import Check, Severity

QUARANTINED_AT_MOST = 0.01
"""Share of an entity's received rows: beyond it the table is no picture of the source."""


_SQL = """
select * from control.ledger
where source = '{row.source}' and entity = '{row.entity}' and run_id = '{row.run_id}'
"""


class Rule(NamedTuple):
    name: str
    severity: Severity
    expected: str
    find: Callable[[LedgerRow], Finding]


def reconciliation_checks(ledger: Iterable[LedgerRow]) -> list[Check]:
    """One check for each rule and entity of a run."""
    return [_check(row, rule) for row in ledger for rule in RULES]


def _check(row: LedgerRow, rule: Rule) -> Check:
    found = rule.find(row)._replace(sql=_SQL.format(row=row).strip())
    question = Question(
        "reconciliation",
        f"raw_{row.source}.{row.entity}",
        rule.name,
        rule.severity,
        rule.expected,
        lambda _: found,
        located("expectations/reconciliation.py", f'"{rule.name}"'),
    )
    return answered(question, found)


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
        advice = (
            "The rest was loaded. 403: give the token access, or live without these rows."
            " 404: what went while it was read is not asked for by the next load."
        )
        return Finding("failed", row.note or "a parent was skipped", advice)
    return Finding("passed", f"{row.requests:,} requests, {row.pages:,} pages")


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
