"""What an intent to pay can never be."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__payment_intents",
        expectations=[
            *staged("silver.stg_payments__payment_intents", "payment_intent_id"),
            no_row_where(
                "amount_received > amount",
                name="received_within_amount",
                expected="no intent collects more than its amount",
                key="payment_intent_id",
                action="Read it again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
            share_at_most(
                "status_phase = 'done' and latest_charge_id is null",
                0.05,
                name="done_has_charge",
                expected="at most 5 % of the intents that succeeded name no charge",
                action="See what the server sends as latest_charge.",
                severity="warning",
            ),
        ],
    )
