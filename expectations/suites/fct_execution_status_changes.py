"""What changes of results must look like."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import growth_is_usual


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_execution_status_changes",
        expectations=[
            growth_is_usual("gold.fct_execution_status_changes"),
            no_row_where(
                "executed_at > seen_at + interval 1 hour",
                name="recorded_before_seen",
                expected="no result was recorded after it was seen",
                key="execution_id",
                action="Compare the clocks, and the unit of lastTestResult.executionDate.",
                severity="critical",
            ),
            share_at_most(
                "to_status = 'unknown'",
                0.05,
                name="status_is_known",
                expected="at most 5 % of the changes lead to an unknown status",
                action="Add the tenant's codes to the seed execution_statuses.",
                severity="warning",
            ),
            share_at_most(
                "to_status = 'not_executed'",
                0.2,
                name="reset_share",
                expected="at most a fifth of the changes take a result back",
                action="Ask the test lead: results are reset in the tool.",
                severity="warning",
            ),
        ],
    )
