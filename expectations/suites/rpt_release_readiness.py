"""What a release's figures must look like."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_release_readiness",
        expectations=[
            no_row_where(
                "not executed_percent between 0 and 100 or not passed_of_planned_percent between "
                "0 and 100 or not requirement_percent between 0 and 100",
                name="rates_in_range",
                expected="every rate lies between 0 and 100",
                key="release_id",
                action="Look at the denominators of the model.",
                severity="critical",
            ),
            no_row_where(
                "requirement_passed_count > requirement_count",
                name="requirements_within_all",
                expected="no more requirements passed than there are",
                key="release_id",
                action="Look at the model: requirements are counted twice.",
                severity="critical",
            ),
            no_row_where(
                "is_completed and open_count > planned_count * 0.5",
                name="completed_is_done",
                expected="no completed release has more than half of its executions open",
                key="release_id",
                action="Ask the test lead: was it closed by mistake?",
                severity="warning",
            ),
        ],
    )
