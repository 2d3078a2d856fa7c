"""What movements of the balance must look like, kind by kind."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import growth_is_usual


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_balance_transactions",
        expectations=[
            growth_is_usual("gold.fct_balance_transactions"),
            no_row_where(
                "type in ('charge', 'payment') and amount < 0",
                name="charges_bring_money",
                expected="no charge takes money from the balance",
                key="balance_transaction_id",
                action="Read it again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
            no_row_where(
                "type in ('refund', 'payment_refund') and amount > 0",
                name="refunds_take_money",
                expected="no refund brings money to the balance",
                key="balance_transaction_id",
                action="Read it again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
            share_at_most(
                "source_type = 'other'",
                0.2,
                name="source_is_known",
                expected="at most a fifth of the movements have an unknown source",
                action="See which types the server sends, and add them to the seed.",
                severity="warning",
            ),
            share_at_most(
                "status_phase = 'open' and available_at < (select max(created_at) from {batch}) - "
                "interval 30 day",
                0.05,
                name="becomes_available",
                expected="at most 5 % of the movements are pending a month after they were due",
                action="Their status has no event: see whether they are still read again.",
                severity="warning",
            ),
        ],
    )
