"""The few shapes of rule the suites are made of.

Each asks the warehouse for one aggregate row: Great Expectations fetches every row a query returns,
and a broken table must not be read into memory to be told so.
"""

from __future__ import annotations

from typing import TypedDict, Unpack

from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation

from expectations.results import Severity


class Told(TypedDict):
    """What people read of a rule: its name, what it expects, and what to do when it is broken."""

    name: str
    expected: str
    action: str
    severity: Severity


_COUNTS = """
select counts.row_count, gate_runs.finished_at
from control.table_counts as counts
inner join control.gate_runs as gate_runs on counts.run_id = gate_runs.run_id
where counts.table_name = '{table}' and gate_runs.outcome = 'passed'
order by gate_runs.finished_at desc
limit 50
"""
"""How many rows a table had after each run whose gate passed, newest first."""
_SHRUNK = """
select count(*) as row_count, max(before.row_count) as row_count_before
from {{batch}}
cross join (from ({counts}) limit 1) as before
having count(*) < max(before.row_count)
"""
_OVERGROWN = """
select count(*) - max(before.last_count) as gained, max(before.largest) as largest_before
from {{batch}}
cross join (
    select
        arg_max(row_count, finished_at) as last_count,
        max(gain) as largest,
        count(gain) as gains
    from (
        select *, row_count - lag(row_count) over (order by finished_at) as gain from ({counts})
    )
) as before
having max(before.gains) >= 5
    and count(*) - max(before.last_count) > {times} * greatest(max(before.largest), 1)
"""


def no_row_where(condition: str, *, key: str, **told: Unpack[Told]) -> Expectation:
    """Fails with the number of rows that meet `condition`, and the `key` of one of them.

    `condition` is DuckDB SQL. It must not contain `:name` or braces: GX formats the query.
    """
    return _expectation(
        f"select count(*) as failing_rows, min({key}) as example "  # noqa: S608
        f"from {{batch}} where {condition} having count(*) > 0",
        rows=f"select {key}, * exclude ({key}) from {{batch}} where {condition}",  # noqa: S608
        **told,
    )


def share_at_most(condition: str, limit: float, **told: Unpack[Told]) -> Expectation:
    """Fails when more than `limit` (0 to 1) of all rows meet `condition`; no rows, no failure."""
    matching = f"count(*) filter (where {condition})"
    return _expectation(
        f"select {matching} as matching_rows, count(*) as all_rows "  # noqa: S608
        f"from {{batch}} having {matching} > {limit} * count(*)",
        rows=f"select * from {{batch}} where {condition}",  # noqa: S608
        **told,
    )


def no_finding(query: str, **told: Unpack[Told]) -> Expectation:
    """Fails when `query` finds rows; it may join other tables, `{batch}` is the suite's own."""
    return _expectation(
        f"select count(*) as findings, min(finding) as example from ({query}) as finding"  # noqa: S608
        " having count(*) > 0",
        rows=query,
        **told,
    )


def never_shrinks(table: str, **told: Unpack[Told]) -> Expectation:
    """Fails when `table` has fewer rows than after the last run whose gate passed."""
    return _expectation(
        _SHRUNK.format(counts=_COUNTS.format(table=table)),
        rows=_COUNTS.format(table=table),
        **told,
    )


def grows_as_before(table: str, times: int, **told: Unpack[Told]) -> Expectation:
    """Fails when the rows gained exceed `times` the largest gain of the last 50 good runs.

    It learns from at least five gains before it says anything.
    """
    return _expectation(
        _OVERGROWN.format(counts=_COUNTS.format(table=table), times=times),
        rows=_COUNTS.format(table=table),
        **told,
    )


def _expectation(query: str, *, rows: str, **told: Unpack[Told]) -> Expectation:
    """`rows` shows what speaks against it, for people who repeat it."""
    meta = {"name": told["name"], "severity": told["severity"], "action": told["action"]}
    return UnexpectedRowsExpectation(
        unexpected_rows_query=query.strip(),
        description=told["expected"],
        meta=meta | {"rows": rows.strip()},
    )
