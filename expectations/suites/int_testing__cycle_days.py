"""What the days of a cycle must look like."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where

_GAPS = """
select
    cycle_id,
    count(*) as days,
    date_diff('day', min(progress_date), max(progress_date)) + 1 as span
from {batch}
group by cycle_id
having days <> span
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.int_testing__cycle_days",
        expectations=[
            no_finding(
                _GAPS,
                name="no_day_missing",
                expected="the days of each cycle follow each other",
                action="Look at the model: a burn-down would have a gap.",
                severity="critical",
            ),
            no_row_where(
                "plan_days_left > plan_days",
                name="left_within_plan",
                expected="no more days are left than were planned",
                key="cycle_id",
                action="Look at the start and the end of the cycle.",
                severity="critical",
            ),
        ],
    )
