"""The suites, one module per table. Importing them imports Great Expectations."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.suites import (
    fct_payments,
    fct_test_executions,
    rpt_daily_revenue,
    stg_payments__charges,
    stg_zephyr__executions,
)

BUILDERS = (
    stg_payments__charges.build_suite,
    fct_payments.build_suite,
    rpt_daily_revenue.build_suite,
    stg_zephyr__executions.build_suite,
    fct_test_executions.build_suite,
)


def build_suites() -> list[ExpectationSuite]:
    """Every suite, in the order of the layers it reads."""
    return [build_suite() for build_suite in BUILDERS]
