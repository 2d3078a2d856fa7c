"""What a payout can never be, whatever server it came from."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__payouts",
        expectations=[
            *staged("silver.stg_payments__payouts", "payout_id"),
            no_row_where(
                "arrival_date < cast(created_at as date) - 1",
                name="arrives_after_creation",
                expected="no payout arrived before it was made",
                key="payout_id",
                action="See in which unit the server sends arrival_date.",
                severity="critical",
            ),
            share_at_most(
                "status_phase = 'failed' and failure_code is null",
                0.2,
                name="failure_explained",
                expected="at most a fifth of the payouts lack the code of their failure",
                action="See what the server sends as failure_code.",
                severity="warning",
            ),
        ],
    )
