"""What a project must look like beside its releases."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, share_at_most
from expectations.usual import growth_is_usual

_RELEASES_ADD_UP = """
select
    sum(release_count) as counted,
    (
        select count(*)
        from silver.stg_zephyr__releases as releases
        where not releases.is_deleted
            and releases.project_id in (select project_id from {batch})
    ) as releases
from {batch}
having counted <> releases
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.dim_projects",
        expectations=[
            growth_is_usual("gold.dim_projects"),
            no_finding(
                _RELEASES_ADD_UP,
                name="releases_add_up",
                expected="projects have as many releases as there are",
                action="Build it again: `hallmark build --select dim_projects+`.",
                severity="critical",
            ),
            share_at_most(
                "is_deleted",
                0.5,
                name="deleted_share",
                expected="at most half of the projects were deleted",
                action="Does the token still see all projects? One it lost looks deleted.",
                severity="warning",
            ),
        ],
    )
