"""What disputes must look like beside the payments they contest."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where, share_at_most
from expectations.usual import growth_is_usual

_AFTER_PAYMENT = """
select
    disputes.dispute_id,
    disputes.charge_id,
    disputes.created_at,
    payments.created_at as paid_at
from {batch} as disputes
inner join gold.fct_payments as payments
    on disputes.charge_id = payments.charge_id
where disputes.created_at < payments.created_at
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_disputes",
        expectations=[
            growth_is_usual("gold.fct_disputes"),
            no_finding(
                _AFTER_PAYMENT,
                name="after_payment",
                expected="no dispute is older than its payment",
                action="Compare the charge with its dispute in the API.",
                severity="critical",
            ),
            no_row_where(
                "amount_restored > amount_taken",
                name="restored_within_taken",
                expected="no dispute gave back more than it took",
                key="dispute_id",
                action="Look at the bookings of the dispute: one may be counted twice.",
                severity="critical",
            ),
            share_at_most(
                "status_phase = 'failed'",
                0.8,
                name="lost_share",
                expected="at most 80 % of the disputes were lost",
                action="Group by reason: evidence may come too late.",
                severity="warning",
            ),
        ],
    )
