"""What a cycle's days must look like."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where

_ONE_LATEST_DAY = """
select
    cycle_id,
    count(*) filter (where is_latest) as latest_days
from {batch}
group by cycle_id
having latest_days <> 1
"""
_PROGRESS_IS_KEPT = """
select
    count(*) filter (where completed_count < before) as falls,
    count(*) as all_days
from (
    select
        completed_count,
        lag(completed_count) over (partition by cycle_id order by progress_date) as before
    from {batch}
)
having falls > 0.2 * all_days
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_cycle_progress",
        expectations=[
            no_row_where(
                "least(planned_count, executed_count, remaining_count) < 0",
                name="counts_not_negative",
                expected="no count is below zero",
                key="cycle_id",
                action="Look at the model: an execution is taken off twice.",
                severity="critical",
            ),
            no_row_where(
                "not executed_percent between 0 and 100 or not passed_of_planned_percent between "
                "0 and 100 or not passed_percent between 0 and 100",
                name="rates_in_range",
                expected="every rate lies between 0 and 100",
                key="cycle_id",
                action="Look at the denominators of the model.",
                severity="critical",
            ),
            no_finding(
                _ONE_LATEST_DAY,
                name="one_latest_day",
                expected="every cycle has one latest day",
                action="Look at is_latest in the model.",
                severity="critical",
            ),
            no_finding(
                _PROGRESS_IS_KEPT,
                name="progress_is_kept",
                expected="on at most a fifth of the days is less completed than the day before",
                action="Results are reset: ask the test lead before trusting a burn-down.",
                severity="warning",
            ),
        ],
    )
