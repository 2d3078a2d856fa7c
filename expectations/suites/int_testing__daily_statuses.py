"""What the statuses of executions by day must look like."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where

_SEVERAL_OPEN = """
select execution_id, count(*) as lasting
from {batch}
where next_date is null
group by execution_id
having lasting <> 1
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.int_testing__daily_statuses",
        expectations=[
            no_finding(
                _SEVERAL_OPEN,
                name="one_status_lasts",
                expected="each execution has one status at the end of the last day",
                action="Look at the model: progress would count an execution twice.",
                severity="critical",
            ),
            no_row_where(
                "next_date < first_date",
                name="days_in_order",
                expected="no status ended before it began",
                key="execution_id",
                action="Compare the times of the results with those of the loads.",
                severity="critical",
            ),
        ],
    )
