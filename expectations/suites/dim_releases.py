"""What a release must look like beside its cycles."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, share_at_most
from expectations.usual import growth_is_usual

_CYCLES_ADD_UP = """
select
    sum(cycle_count) as counted,
    (
        select count(*)
        from silver.stg_zephyr__cycles as cycles
        where not cycles.is_deleted
            and cycles.release_id in (select release_id from {batch})
    ) as cycles
from {batch}
having counted <> cycles
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.dim_releases",
        expectations=[
            growth_is_usual("gold.dim_releases"),
            no_finding(
                _CYCLES_ADD_UP,
                name="cycles_add_up",
                expected="releases have as many cycles as there are",
                action="Build it again: `hallmark build --select dim_releases+`.",
                severity="critical",
            ),
            share_at_most(
                "is_completed and end_date is null",
                0.5,
                name="completed_has_end",
                expected="at most half of the releases are completed without an end",
                action="Days left and readiness need it: see what the server sends.",
                severity="warning",
            ),
        ],
    )
