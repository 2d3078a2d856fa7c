"""What a project can never be."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.usual import growth_is_usual, keys_never_vanish, status_is_known


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="silver.stg_zephyr__projects",
        expectations=[
            status_is_known(),
            keys_never_vanish("silver.stg_zephyr__projects"),
            growth_is_usual("silver.stg_zephyr__projects"),
        ],
    )
