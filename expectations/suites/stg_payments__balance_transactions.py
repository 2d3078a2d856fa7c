"""What a movement of the balance can never be."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__balance_transactions",
        expectations=[
            *staged("silver.stg_payments__balance_transactions", "balance_transaction_id"),
            no_row_where(
                "available_at < date_trunc('day', created_at)",
                name="available_after_creation",
                expected="no money was available before it came",
                key="balance_transaction_id",
                action="See in which unit the server sends available_on.",
                severity="critical",
            ),
            no_row_where(
                "exchange_rate <= 0",
                name="rate_above_zero",
                expected="no exchange rate is zero or less",
                key="balance_transaction_id",
                action="Read it again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
        ],
    )
