"""What the coverage of requirements must look like."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_requirement_coverage",
        expectations=[
            no_row_where(
                "executed_count > test_case_count or passed_count + failed_count > executed_count",
                name="counts_within_all",
                expected="no more test cases have a result than cover the requirement",
                key="requirement_id",
                action="Look at the model: a test case is counted twice.",
                severity="critical",
            ),
            share_at_most(
                "verdict = 'not_executed'",
                0.9,
                name="covered_share",
                expected="at most 90 % of the requirements were never run",
                action="See whether the executions of these releases were loaded.",
                severity="warning",
            ),
        ],
    )
