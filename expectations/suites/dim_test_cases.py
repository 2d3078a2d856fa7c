"""What a test case must look like beside its versions."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, share_at_most
from expectations.usual import growth_is_usual

_VERSIONS_ADD_UP = """
select
    sum(version_count) as counted,
    (
        select count(*)
        from silver.stg_zephyr__test_cases as versions
        where versions.test_case_id is not null
    ) as versions
from {batch}
having counted <> versions
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.dim_test_cases",
        expectations=[
            growth_is_usual("gold.dim_test_cases"),
            no_finding(
                _VERSIONS_ADD_UP,
                name="versions_add_up",
                expected="test cases have as many versions as there are",
                action="Build it again: `hallmark build --select dim_test_cases+`.",
                severity="critical",
            ),
            share_at_most(
                "test_case_name is null",
                0.05,
                name="has_name",
                expected="at most 5 % of the test cases lack a name",
                action="See whether the server still sends name in testcase.",
                severity="warning",
            ),
            share_at_most(
                "estimated_time < 0",
                0.01,
                name="estimate_not_negative",
                expected="at most 1 % of the estimates are below zero",
                action="See what the server sends as estimatedTime.",
                severity="warning",
            ),
        ],
    )
