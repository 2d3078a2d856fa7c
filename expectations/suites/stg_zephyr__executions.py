"""What an execution can never be, and names that must not be here."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import growth_is_usual, keys_never_vanish


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_zephyr__executions",
        expectations=[
            keys_never_vanish("silver.stg_zephyr__executions"),
            growth_is_usual("silver.stg_zephyr__executions"),
            share_at_most(
                "status = 'unknown'",
                0.05,
                name="unknown_status_share",
                expected="at most 5 % of the executions have an unknown status",
                action="Add the tenant's codes to the seed execution_statuses.",
                severity="critical",
            ),
            no_row_where(
                "not regexp_full_match(tester_name_token, 'tok_[0-9a-f]+')",
                name="tester_name_is_token",
                expected="testers' names are tokens",
                key="execution_id",
                action="Delete the rows: names are in the warehouse. Then mend the contract.",
                severity="critical",
            ),
            no_row_where(
                "not regexp_full_match(executed_by_token, 'tok_[0-9a-f]+')",
                name="executed_by_is_token",
                expected="the names of who executed are tokens",
                key="execution_id",
                action="Delete the rows: names are in the warehouse. Then mend the contract.",
                severity="critical",
            ),
            no_row_where(
                "executed_at > extracted_at + interval 1 hour",
                name="executed_before_read",
                expected="no test was executed after it was read",
                key="execution_id",
                action="Compare the clocks, and the unit of lastTestResult.executionDate.",
                severity="critical",
            ),
            no_row_where(
                "least(assigned_at, executed_at, modified_at) < date '2000-01-01'",
                name="times_in_this_century",
                expected="no time lies before 2000",
                key="execution_id",
                action="A time in seconds was read as milliseconds; see what the server sends.",
                severity="critical",
            ),
            share_at_most(
                "is_executed and executed_at is null",
                0.05,
                name="executed_has_time",
                expected="at most 5 % of the executed tests lack the time of execution",
                action="Trends by day miss these executions; see whether lastTestResult is sent.",
                severity="warning",
            ),
        ],
    )
