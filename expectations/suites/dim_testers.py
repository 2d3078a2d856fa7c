"""Who tests, and what must not be here."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.dim_testers",
        expectations=[
            no_row_where(
                "not regexp_full_match(tester_name_token, 'tok_[0-9a-f]+')",
                name="name_is_token",
                expected="testers' names are tokens",
                key="tester_id",
                action="Delete the rows: names are in the warehouse. Then mend the contract.",
                severity="critical",
            ),
            no_row_where(
                "passed_count + failed_count > executed_count or executed_count > planned_count",
                name="counts_within_all",
                expected="no tester has more results than executions",
                key="tester_id",
                action="Look at the model: executions are counted twice.",
                severity="critical",
            ),
        ],
    )
