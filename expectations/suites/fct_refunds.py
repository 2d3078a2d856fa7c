"""What refunds must look like beside the payments they give back."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, share_at_most
from expectations.usual import growth_is_usual

_AFTER_PAYMENT = """
select
    refunds.refund_id,
    refunds.charge_id,
    refunds.created_at,
    payments.created_at as paid_at
from {batch} as refunds
inner join gold.fct_payments as payments
    on refunds.charge_id = payments.charge_id
where refunds.created_at < payments.created_at
"""
_WITHIN_PAYMENT = """
select
    payments.charge_id,
    max(payments.amount_captured) as amount_captured,
    sum(refunds.amount) as amount_refunded
from {batch} as refunds
inner join gold.fct_payments as payments
    on refunds.charge_id = payments.charge_id
where refunds.is_given_back
    and refunds.currency = payments.currency
group by payments.charge_id
having sum(refunds.amount) > max(payments.amount_captured)
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_refunds",
        expectations=[
            growth_is_usual("gold.fct_refunds"),
            no_finding(
                _AFTER_PAYMENT,
                name="after_payment",
                expected="no refund is older than its payment",
                action="Compare the charge with its refund in the API.",
                severity="critical",
            ),
            no_finding(
                _WITHIN_PAYMENT,
                name="within_payment",
                expected="the refunds of a payment come to no more than it collected",
                action="Look for a refund that is counted twice.",
                severity="critical",
            ),
            share_at_most(
                "status_phase = 'failed'",
                0.2,
                name="failed_share",
                expected="at most a fifth of the refunds failed",
                action="Group by failure_reason; payers wait for this money.",
                severity="warning",
            ),
        ],
    )
