"""What the shares of attempts must add up to."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where

_CODES_ADD_UP = """
select
    payment_month,
    currency,
    payment_method_type,
    sum(attempt_count) as attempts,
    max(method_attempt_count) as denominator
from {batch}
group by payment_month, currency, payment_method_type
having sum(attempt_count) <> max(method_attempt_count)
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_payment_success",
        expectations=[
            no_finding(
                _CODES_ADD_UP,
                name="codes_add_up",
                expected="the failure codes of a method add up to its attempts",
                action="Look at the grouping of the model: a code is lost or doubled.",
                severity="critical",
            ),
            no_row_where(
                "not success_rate_percent between 0 and 100 or not attempt_share_percent between "
                "0 and 100",
                name="rates_in_range",
                expected="every rate lies between 0 and 100",
                key="payment_month",
                action="Look at the denominators of the model.",
                severity="critical",
            ),
            no_row_where(
                "method_attempt_count >= 50 and success_rate_percent < 50",
                name="success_rate",
                expected="no method with 50 attempts a month fails more often than it succeeds",
                key="payment_month",
                action="Group by failure_code: one method or an attack stands out.",
                severity="warning",
            ),
        ],
    )
