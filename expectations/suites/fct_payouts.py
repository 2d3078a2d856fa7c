"""What payouts must look like beside what was booked for them."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import growth_is_usual


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.fct_payouts",
        expectations=[
            growth_is_usual("gold.fct_payouts"),
            share_at_most(
                "status_phase = 'done' and amount_booked not in (0, amount)",
                0.01,
                name="booked_in_full",
                expected="at most 1 % of the payouts were booked with another amount",
                action="Compare the payout with its balance transaction.",
                severity="critical",
            ),
            no_row_where(
                "amount_returned > amount_booked",
                name="returned_within_booked",
                expected="no payout came back with more than went out",
                key="payout_id",
                action="Look at the bookings of the payout: one may be counted twice.",
                severity="critical",
            ),
            share_at_most(
                "status_phase = 'failed'",
                0.2,
                name="failed_share",
                expected="at most a fifth of the payouts failed",
                action="See failure_code: the bank account may be closed.",
                severity="warning",
            ),
        ],
    )
