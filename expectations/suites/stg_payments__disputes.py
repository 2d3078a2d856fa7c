"""What a dispute can never be, whatever server it came from."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where
from expectations.usual import staged


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_payments__disputes",
        expectations=[
            *staged("silver.stg_payments__disputes", "dispute_id"),
            no_row_where(
                "evidence_due_at < created_at",
                name="evidence_due_after_opening",
                expected="no evidence was due before the dispute was opened",
                key="dispute_id",
                action="See in which unit the server sends due_by.",
                severity="critical",
            ),
        ],
    )
