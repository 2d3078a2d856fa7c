"""What an invoice can never be, whatever server it came from."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__invoices",
        expectations=[
            *staged("silver.stg_payments__invoices", "invoice_id"),
            no_row_where(
                "amount_remaining > amount_due",
                name="remaining_within_due",
                expected="no more is left to pay than was due",
                key="invoice_id",
                action="Read it again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
            no_row_where(
                "least(finalized_at, paid_at, voided_at) < created_at",
                name="times_in_order",
                expected="nothing happened to an invoice before it was created",
                key="invoice_id",
                action="See in which unit the server sends status_transitions.",
                severity="critical",
            ),
            share_at_most(
                "is_paid and paid_at is null",
                0.05,
                name="paid_has_time",
                expected="at most 5 % of the paid invoices lack the time of payment",
                action="Reports of late payment miss these; see what the server sends.",
                severity="warning",
            ),
        ],
    )
