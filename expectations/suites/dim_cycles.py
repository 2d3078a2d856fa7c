"""What a cycle must look like beside its release and its executions."""

from __future__ import annotations

from great_expectations import ExpectationSuite

from expectations.rules import no_finding, share_at_most
from expectations.usual import growth_is_usual

_OUTLIVES_RELEASE = """
select cycles.cycle_id, cycles.release_id
from {batch} as cycles
inner join gold.dim_releases as releases
    on cycles.release_id = releases.release_id
where releases.is_deleted and not cycles.is_deleted
"""


def build_suite() -> ExpectationSuite:
    return ExpectationSuite(
        name="gold.dim_cycles",
        expectations=[
            growth_is_usual("gold.dim_cycles"),
            no_finding(
                _OUTLIVES_RELEASE,
                name="goes_with_release",
                expected="no cycle is left of a release that was deleted",
                action="Build both again: `hallmark build --select dim_releases+`.",
                severity="critical",
            ),
            share_at_most(
                "project_id is null",
                0.05,
                name="placed_in_project",
                expected="at most 5 % of the cycles cannot be placed in a project",
                action="A parent was not read: see the partial entities of the run.",
                severity="warning",
            ),
            share_at_most(
                "not is_deleted and cycle_phase_count = 0",
                0.5,
                name="has_phases",
                expected="at most half of the cycles have no phase",
                action="See whether the server still sends cyclePhases in its cycles.",
                severity="warning",
            ),
        ],
    )
