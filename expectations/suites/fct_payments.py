"""What payments must look like once intents, bookings and disputes are joined to them."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import growth_is_usual


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_payments",
        expectations=[
            growth_is_usual("gold.fct_payments"),
            no_row_where(
                "settlement_currency = currency and is_successful and fee + net != amount_captured",
                name="booking_balances",
                expected="fee and net add up to what was captured",
                key="charge_id",
                action="Compare the charge with its balance transaction; one may be stale.",
                severity="critical",
            ),
            no_row_where(
                "settlement_currency = currency and is_successful and fee > amount_captured",
                name="fee_within_amount",
                expected="no fee exceeds the payment it was taken from",
                key="charge_id",
                action="Look at the fee details of the balance transaction.",
                severity="critical",
            ),
            share_at_most(
                "settlement_currency = currency and amount_captured >= 1000 "
                "and fee * 5 > amount_captured",
                0.01,
                name="fee_share",
                expected="at most 1 % of the payments from 1,000 minor units cost a fifth in fees",
                action="Compare with the provider's price list; minor digits may be wrong.",
                severity="warning",
            ),
            share_at_most(
                "status = 'failed'",
                0.5,
                name="failed_share",
                expected="at most half of the payments failed",
                action="Group by failure_code and card_brand: one method or an attack stands out.",
                severity="warning",
            ),
            share_at_most(
                "is_disputed",
                0.05,
                name="disputed_share",
                expected="at most 5 % of the payments are disputed",
                action="Look at the reasons of the disputes; card networks act from about 1 %.",
                severity="warning",
            ),
        ],
    )
