"""What the parts of a payout must add up to."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_payout_reconciliation",
        expectations=[
            no_row_where(
                "is_automatic and charges_amount + refunds_amount + disputes_amount + "
                "payouts_amount + other_amount - fee_amount <> explained_amount",
                name="parts_add_up",
                expected="the parts of every automatic payout come to what it explains",
                key="payout_id",
                action="A kind of movement is in no part: look at the model.",
                severity="critical",
            ),
            no_row_where(
                "difference_amount <> amount - explained_amount",
                name="difference_is_right",
                expected="the difference is what is not explained",
                key="payout_id",
                action="Look at the model.",
                severity="critical",
            ),
            share_at_most(
                "is_automatic and status_phase = 'done' and entry_count = 0",
                0.05,
                name="automatic_has_entries",
                expected="at most 5 % of the automatic payouts paid out no movement",
                action="See whether balance transactions were loaded as far back.",
                severity="warning",
            ),
        ],
    )
