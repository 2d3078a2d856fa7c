"""What a day's revenue must add up to, seen in its row alone."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import columns_are, no_row_where, share_at_most

COLUMNS = (
    "revenue_date",
    "currency",
    "successful_payment_count",
    "gross_amount",
    "refund_count",
    "refunded_amount",
    "dispute_count",
    "disputes_lost_amount",
    "disputes_withdrawn_amount",
    "disputes_reinstated_amount",
    "fee_amount",
    "net_amount",
    "gross_major",
    "refunded_major",
    "fee_major",
    "net_major",
)


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_daily_revenue",
        expectations=[
            columns_are(COLUMNS),
            no_row_where(
                "successful_payment_count = 0 and gross_amount > 0",
                name="gross_has_payments",
                expected="no day earns without a payment",
                key="revenue_date",
                action="Compare the day with fct_payments.",
                severity="critical",
            ),
            no_row_where(
                "refund_count = 0 and refunded_amount > 0",
                name="refunded_has_refunds",
                expected="no day gives back without a refund",
                key="revenue_date",
                action="Compare the day with stg_payments__refunds.",
                severity="critical",
            ),
            no_row_where(
                "dispute_count = 0 and disputes_lost_amount > 0",
                name="lost_has_disputes",
                expected="no day loses a dispute that was not opened on it",
                key="revenue_date",
                action="Compare the day with stg_payments__disputes.",
                severity="critical",
            ),
            no_row_where(
                "abs(gross_major) > abs(gross_amount) or abs(net_major) > abs(net_amount)",
                name="major_within_minor",
                expected="major units are never more than minor units",
                key="revenue_date",
                action="Check the currency's minor digits in the seed currencies.",
                severity="critical",
            ),
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
