"""What is overdue, by currency and age."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where

_AS_OF_ONE_DAY = """
select count(distinct as_of_date) as days
from {batch}
having count(distinct as_of_date) > 1
"""
_OLD_DEBT_SHARE = """
select
    currency,
    sum(amount_remaining) filter (where overdue_days_bucket = 'over 90') as over_90,
    sum(amount_remaining) as total
from {batch}
group by currency
having over_90 > 0.5 * total
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.rpt_invoice_ageing",
        expectations=[
            no_row_where(
                "amount_remaining > amount_due",
                name="remaining_within_due",
                expected="no more is left to pay than was due",
                key="currency",
                action="Look at the open invoices of this bucket.",
                severity="critical",
            ),
            no_finding(
                _AS_OF_ONE_DAY,
                name="as_of_one_day",
                expected="all rows are of one day",
                action="Build the model again: its rows come from two builds.",
                severity="critical",
            ),
            no_finding(
                _OLD_DEBT_SHARE,
                name="old_debt_share",
                expected="in no currency is more than half of the debt older than 90 days",
                action="Write off what is lost, and see whether reminders go out.",
                severity="warning",
            ),
        ],
    )
