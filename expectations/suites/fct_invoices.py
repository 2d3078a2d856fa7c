"""What invoices must look like with the attempts to collect them."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import share_at_most
from expectations.usual import growth_is_usual


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_invoices",
        expectations=[
            growth_is_usual("gold.fct_invoices"),
            share_at_most(
                "amount_paid > greatest(amount_due, total)",
                0.01,
                name="paid_within_due",
                expected="at most 1 % of the invoices took more than was due",
                action="Look at credit notes and payments out of band.",
                severity="warning",
            ),
            share_at_most(
                "is_paid_late",
                0.5,
                name="late_share",
                expected="at most half of the invoices were paid late",
                action="Group by collection_method: reminders may not go out.",
                severity="warning",
            ),
            share_at_most(
                "status_phase = 'failed'",
                0.2,
                name="uncollectible_share",
                expected="at most a fifth of the invoices are uncollectible",
                action="Group by customer: one debtor may stand out.",
                severity="warning",
            ),
            share_at_most(
                "is_paid and amount_due > 0 and successful_payment_count = 0",
                0.05,
                name="paid_by_payment",
                expected="at most 5 % of the paid invoices have no successful payment",
                action="See whether invoice payments were loaded; payments out of band have none.",
                severity="warning",
            ),
        ],
    )
