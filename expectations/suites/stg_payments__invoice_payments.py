"""What the payment of an invoice can never be."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__invoice_payments",
        expectations=[
            *staged("silver.stg_payments__invoice_payments", "invoice_payment_id"),
            no_row_where(
                "status_phase = 'done' and amount_paid is null",
                name="done_has_amount",
                expected="every payment that is done says what was paid",
                key="invoice_payment_id",
                action="Read it again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
            share_at_most(
                "payment_intent_id is null and charge_id is null",
                0.2,
                name="names_its_payment",
                expected="at most a fifth name neither intent nor charge",
                action="Payments out of band only: see payment_type.",
                severity="warning",
            ),
        ],
    )
