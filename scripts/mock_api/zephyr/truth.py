"""What there is to load: counts of everything the server's key may see."""

from __future__ import annotations

from collections import Counter

from scripts.mock_api.control import Truth
from scripts.mock_api.world import World
from scripts.mock_api.zephyr.execution_objects import status_of
from scripts.mock_api.zephyr.executions import (
    executions,
    latest_result,
    visible_phases,
)
from scripts.mock_api.zephyr.tree import Access, Tree


def truth(world: World) -> Truth:
    """Counts per entity; executions also by status, an absent one counted under ""."""
    tree = Tree(world)
    readable = [project for project in tree.projects if project.access is Access.OPEN]
    releases = [release for project in readable for release in tree.releases(project)]
    cycles = [cycle for release in releases for cycle in tree.cycles(release)]
    phases = list(visible_phases(tree))
    statuses: Counter[str] = Counter()
    versions: set[int] = set()
    for phase in phases:
        for one in executions(tree, phase):
            statuses[status_of(tree, one, latest_result(tree, one)).get("status", "")] += 1
            versions.add(one.test_case.id)
    counts = {
        "projects": len(tree.projects),
        "releases": len(releases),
        "cycles": len(cycles),
        "cycle_phases": len(phases),
        "executions": statuses.total(),
        "test_cases": len(versions),
    }
    entities: Truth = {name: {"count": count, "sums": {}} for name, count in counts.items()}
    entities["executions"]["statuses"] = dict(sorted(statuses.items()))
    return entities
