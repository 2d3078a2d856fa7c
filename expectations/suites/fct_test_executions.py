"""What executions must look like once phases, cycles and releases are joined to them."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import growth_is_usual


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_test_executions",
        expectations=[
            growth_is_usual("gold.fct_test_executions"),
            no_row_where(
                "status = 'not_executed' and is_executed",
                name="open_is_not_executed",
                expected="no open test counts as executed",
                key="execution_id",
                action="Correct is_executed in the seed execution_statuses.",
                severity="critical",
            ),
            no_row_where(
                "status in ('passed', 'failed') and not is_executed",
                name="result_is_executed",
                expected="every test with a result counts as executed",
                key="execution_id",
                action="Correct is_executed in the seed execution_statuses.",
                severity="critical",
            ),
            no_row_where(
                "actual_time < 0",
                name="time_not_negative",
                expected="no execution took less than no time",
                key="execution_id",
                action="See what the server sends as actualTime.",
                severity="critical",
            ),
            share_at_most(
                "project_id is null",
                0.05,
                name="placed_in_project",
                expected="at most 5 % of the executions cannot be placed in a project",
                action="A parent was not read: see the partial entities of the run.",
                severity="warning",
            ),
            share_at_most(
                "test_case_id is null",
                0.05,
                name="has_test_case",
                expected="at most 5 % of the executions lack their test case",
                action="See whether the server sends tcrTreeTestcase with its test case.",
                severity="warning",
            ),
            share_at_most(
                "not is_executed and executed_at is not null",
                0.05,
                name="open_has_no_time",
                expected="at most 5 % of the open tests have a time of execution",
                action="Results were reset: see their history in raw before trusting progress.",
                severity="warning",
            ),
            share_at_most(
                "status = 'blocked'",
                0.5,
                name="blocked_share",
                expected="at most half of the executions are blocked",
                action="Ask the test lead: an environment may be down.",
                severity="warning",
            ),
        ],
    )
