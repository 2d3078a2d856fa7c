"""What a refund can never be, whatever server it came from."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import share_at_most
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__refunds",
        expectations=[
            *staged("silver.stg_payments__refunds", "refund_id"),
            share_at_most(
                "status_phase = 'failed' and failure_reason is null",
                0.2,
                name="failure_explained",
                expected="at most a fifth of the failed refunds lack a reason",
                action="See what the server sends as failure_reason.",
                severity="warning",
            ),
            share_at_most(
                "status_phase = 'done' and balance_transaction_id is null",
                0.05,
                name="done_is_booked",
                expected="at most 5 % of the refunds that are done were not booked",
                action="Totals after fees miss these; see what balance_transaction is.",
                severity="warning",
            ),
        ],
    )
