"""What flaky tests must look like beside all test cases."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where

_FLAKY_SHARE = """
select
    count(*) as flaky,
    (select count(*) from gold.dim_test_cases where not is_deleted) as test_cases
from {batch}
having flaky > 0.5 * test_cases
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_flaky_tests",
        expectations=[
            no_row_where(
                "flip_count < 1 or flip_count >= run_count",
                name="flips_within_runs",
                expected="every test here flipped, and ran more often than it flipped",
                key="test_case_version_id",
                action="Look at the model: changes are counted twice.",
                severity="critical",
            ),
            no_finding(
                _FLAKY_SHARE,
                name="flaky_share",
                expected="at most half as many versions are flaky as there are test cases",
                action="Ask the test lead: an environment may be unstable.",
                severity="warning",
            ),
        ],
    )
