"""What the counts of a release must add up to."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where

_EXECUTIONS_ADD_UP = """
select
    sum(planned_count) as counted,
    (
        select count(*)
        from gold.fct_test_executions as executions
        where executions.release_id in (select release_id from {batch})
    ) as executions
from {batch}
having counted <> executions
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.int_testing__release_counts",
        expectations=[
            no_finding(
                _EXECUTIONS_ADD_UP,
                name="executions_add_up",
                expected="releases have as many executions as there are",
                action="Look at the model: executions are lost or doubled.",
                severity="critical",
            ),
            no_row_where(
                "passed_count + failed_count + blocked_count > planned_count "
                "or executed_count > planned_count",
                name="counts_within_all",
                expected="no release has more results than executions",
                key="release_id",
                action="Look at the model: executions are counted twice.",
                severity="critical",
            ),
        ],
    )
