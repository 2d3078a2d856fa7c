"""What a cycle can never be."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_row_where, share_at_most
from expectations.usual import growth_is_usual, keys_never_vanish, status_is_known


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_zephyr__cycles",
        expectations=[
            status_is_known(),
            keys_never_vanish("silver.stg_zephyr__cycles"),
            growth_is_usual("silver.stg_zephyr__cycles"),
            no_row_where(
                "end_date < start_date",
                name="ends_after_start",
                expected="no cycle ends before it starts",
                key="cycle_id",
                action="Correct its dates in the tool, or see how the server writes them.",
                severity="warning",
            ),
            share_at_most(
                "start_date is null",
                0.5,
                name="has_start",
                expected="at most half of the cycles lack a start",
                action="Days left and ideal lines need it: see what the server sends.",
                severity="warning",
            ),
        ],
    )
