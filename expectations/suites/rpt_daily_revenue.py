"""What a day's revenue must add up to, seen in its row alone."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_daily_revenue",
        expectations=[
            no_row_where(
                "revenue_date > current_date + 1",
                name="not_in_future",
                expected="no revenue lies in the future",
                key="revenue_date",
                action="Look for payments, refunds or bookings created in the future.",
                severity="critical",
            ),
            share_at_most(
                "gross_amount > 0 and fee_amount > gross_amount",
                0.05,
                name="fees_within_gross",
                expected="on at most 5 % of the days and currencies do fees exceed gross revenue",
                action="Look at the bookings: dispute fees or conversions explain single days.",
                severity="warning",
            ),
        ],
    )
