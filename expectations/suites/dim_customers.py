"""Who pays, and what must not be here."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, no_row_where
from expectations.usual import growth_is_usual

_PAYMENTS_ADD_UP = """
select
    sum(successful_payment_count) as counted,
    (
        select count(*)
        from gold.fct_payments as payments
        where payments.is_successful
            and payments.customer_id in (select customer_id from {batch})
    ) as payments
from {batch}
having counted <> payments
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.dim_customers",
        expectations=[
            growth_is_usual("gold.dim_customers"),
            no_row_where(
                "not regexp_full_match(email_token, 'tok_[0-9a-f]+')",
                name="email_is_token",
                expected="e-mail addresses are tokens",
                key="customer_id",
                action="Delete the rows: addresses are in the warehouse. Then mend the contract.",
                severity="critical",
            ),
            no_finding(
                _PAYMENTS_ADD_UP,
                name="payments_add_up",
                expected="customers have as many payments as there are",
                action="Look at the model: payments are lost or doubled.",
                severity="critical",
            ),
        ],
    )
