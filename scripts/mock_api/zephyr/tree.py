"""Which projects, releases, cycles and phases there are: arithmetic on a world, no tables.

Every busy project starts a release each `RELEASE_EVERY` days; a release gets cycles, a cycle gets
phases, each a few days after its parent. Ids carry their indexes, so an id is found by division.
The number of projects and the size of a phase both grow with the square root of the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import sqrt

from scripts.mock_api.world import World

HOUR = 3_600
DAY = 24 * HOUR

RELEASE_EVERY = 18 * DAY
CYCLE_AFTER = (2 * DAY, 8 * DAY, 14 * DAY)
PHASE_AFTER = (0, DAY, 2 * DAY)

FIRST_PROJECT_ID = 11
FIRST_RELEASE_ID = 101
FIRST_CYCLE_ID = 1_001
FIRST_PHASE_ID = 3_001


class Access(Enum):
    """What the key may do with a project's releases."""

    OPEN = "open"
    FORBIDDEN = "forbidden"
    EMPTY = "empty"


@dataclass(frozen=True)
class Project:
    index: int
    access: Access

    @property
    def id(self) -> int:
        return FIRST_PROJECT_ID + self.index


@dataclass(frozen=True)
class Release:
    """`created_at`, here and below, is in epoch seconds."""

    index: int
    project: Project
    train: int
    created_at: int

    @property
    def id(self) -> int:
        return FIRST_RELEASE_ID + self.index


@dataclass(frozen=True)
class Cycle:
    index: int
    release: Release
    number: int
    created_at: int

    @property
    def id(self) -> int:
        return FIRST_CYCLE_ID + self.index


@dataclass(frozen=True)
class Phase:
    index: int
    cycle: Cycle
    number: int
    created_at: int

    @property
    def id(self) -> int:
        return FIRST_PHASE_ID + self.index

    @property
    def project(self) -> Project:
        return self.cycle.release.project


class Tree:
    """The objects above executions that exist at a world's clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.starts_at = int(world.starts_at.timestamp())
        self.now = int(world.now.timestamp())
        breadth = sqrt(world.scale)
        self.phase_size = max(4, round(20 * breadth))
        special = (Access.OPEN, Access.OPEN, Access.FORBIDDEN, Access.EMPTY)
        more = max(0, round(2 * breadth) - 2)
        accesses = (*special, *[Access.OPEN] * more)
        self.projects = [Project(index, access) for index, access in enumerate(accesses)]

    def project(self, project_id: int) -> Project | None:
        index = project_id - FIRST_PROJECT_ID
        return self.projects[index] if 0 <= index < len(self.projects) else None

    def releases(self, project: Project) -> list[Release]:
        if project.access is Access.EMPTY:
            return []
        elapsed = self.now - self._first_release_at(project)
        trains = max(0, elapsed // RELEASE_EVERY + 1)
        return [self._release(project, train) for train in range(trains)]

    def release(self, release_id: int) -> Release | None:
        """The release with this id, None when there is none at the clock."""
        train, project = divmod(release_id - FIRST_RELEASE_ID, len(self.projects))
        if train < 0 or self.projects[project].access is Access.EMPTY:
            return None
        release = self._release(self.projects[project], train)
        return release if release.created_at <= self.now else None

    def cycles(self, release: Release) -> list[Cycle]:
        third = self.world.number("cycles", release.id) % 4 == 0
        cycles = [self._cycle(release, number) for number in range(3 if third else 2)]
        return [cycle for cycle in cycles if cycle.created_at <= self.now]

    def phases(self, cycle: Cycle) -> list[Phase]:
        third = self.world.number("phases", cycle.id) % 5 == 0
        phases = [self._phase(cycle, number) for number in range(3 if third else 2)]
        return [phase for phase in phases if phase.created_at <= self.now]

    def phase(self, phase_id: int) -> Phase | None:
        """The phase with this id, None when there is none at the clock."""
        cycle_index, number = divmod(phase_id - FIRST_PHASE_ID, len(PHASE_AFTER))
        release_index, cycle_number = divmod(cycle_index, len(CYCLE_AFTER))
        release = self.release(FIRST_RELEASE_ID + release_index)
        if release is None:
            return None
        cycles = [one for one in self.cycles(release) if one.number == cycle_number]
        phases = [one for cycle in cycles for one in self.phases(cycle) if one.number == number]
        return phases[0] if phases else None

    def _first_release_at(self, project: Project) -> int:
        within = self.world.number("first release", project.id) % (4 * DAY)
        return self.starts_at + within

    def _release(self, project: Project, train: int) -> Release:
        created_at = self._first_release_at(project) + train * RELEASE_EVERY
        return Release(train * len(self.projects) + project.index, project, train, created_at)

    def _cycle(self, release: Release, number: int) -> Cycle:
        created_at = release.created_at + CYCLE_AFTER[number]
        return Cycle(release.index * len(CYCLE_AFTER) + number, release, number, created_at)

    def _phase(self, cycle: Cycle, number: int) -> Phase:
        created_at = cycle.created_at + PHASE_AFTER[number]
        return Phase(cycle.index * len(PHASE_AFTER) + number, cycle, number, created_at)
