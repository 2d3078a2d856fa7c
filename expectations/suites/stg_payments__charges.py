"""What a charge can never be, whatever server it came from."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__charges",
        expectations=[
            *staged("silver.stg_payments__charges", "charge_id"),
            no_row_where(
                "amount_refunded > amount",
                name="refunded_within_amount",
                expected="no charge gives back more than it took",
                key="charge_id",
                action="Read the charge again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
            no_row_where(
                "amount_captured > amount",
                name="captured_within_amount",
                expected="no charge collects more than its amount",
                key="charge_id",
                action="Read the charge again from the API; if it says the same, ask the provider.",
                severity="critical",
            ),
            no_row_where(
                "not regexp_full_match(currency, '[a-z][a-z][a-z]')",
                name="currency_code",
                expected="currencies are three lower-case letters",
                key="charge_id",
                action="See what the server sends as currency; amounts in it cannot be converted.",
                severity="critical",
            ),
            no_row_where(
                "status = 'failed' and failure_code is null",
                name="failure_explained",
                expected="every failed charge has a failure code",
                key="charge_id",
                action="Reports by failure code miss these charges; see what the server sends.",
                severity="warning",
            ),
        ],
    )
