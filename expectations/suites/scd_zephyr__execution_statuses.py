"""What the history of results can never be."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where, share_at_most
from expectations.usual import growth_is_usual

_OTHER_THAN_PRESENT = """
select executions.execution_id, executions.status, history.status as status_in_history
from {batch} as history
inner join silver.stg_zephyr__executions as executions
    on history.execution_id = executions.execution_id
where history.is_current
    and not executions.is_deleted
    and history.status <> executions.status
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.scd_zephyr__execution_statuses",
        expectations=[
            growth_is_usual("silver.scd_zephyr__execution_statuses"),
            no_finding(
                _OTHER_THAN_PRESENT,
                name="ends_in_the_present",
                expected="the last status of each history is that of its execution",
                action="Derive both anew: `hallmark build --full-refresh`.",
                severity="critical",
            ),
            no_row_where(
                "executed_at > valid_from + interval 1 hour",
                name="recorded_before_seen",
                expected="no result was recorded after it was seen",
                key="execution_id",
                action="Compare the clocks, and the unit of lastTestResult.executionDate.",
                severity="critical",
            ),
            share_at_most(
                "status = 'unknown'",
                0.05,
                name="status_is_known",
                expected="at most 5 % of the periods have an unknown status",
                action="Add the tenant's codes to the seed execution_statuses.",
                severity="warning",
            ),
        ],
    )
