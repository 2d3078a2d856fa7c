"""The JSON objects of the planning entities, as the API gives them: absent keys are absent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from scripts.mock_api.world import World
from scripts.mock_api.zephyr import words
from scripts.mock_api.zephyr.tree import DAY, Access, Cycle, Phase, Project, Release, Tree

Json = dict[str, Any]
Option = TypeVar("Option")

RELEASE_LASTS = 24 * DAY
CYCLE_LASTS = 7 * DAY
EXTENSION = 2 * DAY


def chance(world: World, percent: int, *key: object) -> bool:
    return world.number(*key) % 100 < percent


def pick(world: World, options: tuple[Option, ...], *key: object) -> Option:
    return options[world.number(*key) % len(options)]


def milliseconds(at: int) -> int:
    return at * 1_000


def midnight(at: int) -> int:
    return at - at % DAY


def us_date(at: int) -> str:
    """The UTC day as MM/dd/yyyy, which the API shows beside the epoch."""
    return datetime.fromtimestamp(at, UTC).strftime("%m/%d/%Y")


def project_object(tree: Tree, project: Project) -> Json:
    starts_at = midnight(tree.starts_at)
    retired = project.access is Access.EMPTY
    name = words.PROJECTS[project.index % len(words.PROJECTS)]
    return {
        "id": project.id,
        "name": name if project.index < len(words.PROJECTS) else f"{name} {project.index}",
        "description": "" if project.index % 2 else f"Everything around {name}.",
        "startDate": milliseconds(starts_at),
        "projectStartDate": us_date(starts_at),
        "status": "3" if retired else "2",
        "active": not retired,
        "createdOn": milliseconds(tree.starts_at) + 417,
        "isolationLevel": 2 if project.access is Access.FORBIDDEN else 0,
        "members": [] if retired else _members(tree, project),
        "customProperties": {"costCentre": f"CC-{40 + project.index}"} if project.index % 2 else {},
    }


def _members(tree: Tree, project: Project) -> list[Json]:
    """A team of two that is joined by one more person every twenty days."""
    size = min(len(words.PEOPLE), 2 + (tree.now - tree.starts_at) // (20 * DAY))
    people = [(project.index * 3 + place) % len(words.PEOPLE) for place in range(size)]
    return [
        {
            "id": person_id(person),
            "fullName": words.PEOPLE[person],
            "email": f"tester{person_id(person)}@example.com",
        }
        for person in people
    ]


def person_id(person: int) -> int:
    """The user number of a place in `words.PEOPLE`."""
    return 31 + person


def release_object(tree: Tree, release: Release) -> Json:
    world = tree.world
    starts_at = midnight(release.created_at) + DAY
    ends_at = starts_at + RELEASE_LASTS
    answer: Json = {
        "id": release.id,
        "name": f"{release.project.index + 1}.{release.train}",
        "createdDate": milliseconds(release.created_at),
        "projectId": release.project.id,
        "orderId": release.train + 1,
        "globalRelease": False,
        "projectRelease": chance(world, 20, "project release", release.id),
        "hasChild": bool(tree.cycles(release)),
    }
    if chance(world, 50, "description", release.id):
        answer["description"] = pick(world, words.RELEASE_TEXTS, "text", release.id)
    if world.number("dates", release.id) % 80 < 47:
        answer["startDate"] = milliseconds(starts_at)
        answer["endDate"] = milliseconds(ends_at)
    if world.number("status", release.id) % 80:
        answer["status"] = int(tree.now >= ends_at)
    return answer


def cycle_object(tree: Tree, cycle: Cycle) -> Json:
    world = tree.world
    phases = tree.phases(cycle)
    starts_at = midnight(cycle.created_at) + DAY
    planned_end = starts_at + CYCLE_LASTS
    late = chance(world, 30, "extended", cycle.id) and tree.now >= planned_end - DAY
    ends_at = planned_end + EXTENSION if late else planned_end
    closed = tree.now >= ends_at
    return {
        "id": cycle.id,
        "name": f"Round {cycle.number + 1}",
        "environment": pick(world, words.ENVIRONMENTS, "environment", cycle.id),
        "build": f"{cycle.release.train}.{cycle.number}.{world.number('build', cycle.id) % 90}",
        "startDate": milliseconds(starts_at),
        "endDate": milliseconds(ends_at),
        "cycleStartDate": us_date(starts_at),
        "cycleEndDate": us_date(ends_at),
        "status": int(closed),
        "revision": len(phases) + late + closed,
        "releaseId": cycle.release.id,
        "createdOn": milliseconds(cycle.created_at) + 83,
        "cyclePhases": [phase_object(tree, phase) for phase in phases],
    }


def phase_object(tree: Tree, phase: Phase) -> Json:
    starts_at = midnight(phase.created_at) + DAY
    folder = tree.world.number("folder name", phase.id) % len(words.FOLDERS)
    return {
        "id": phase.id,
        "name": words.FOLDERS[folder],
        "tcrCatalogTreeId": 501 + phase.project.index * len(words.FOLDERS) + folder,
        "startDate": milliseconds(starts_at),
        "endDate": milliseconds(starts_at + 4 * DAY),
        "cycleId": phase.cycle.id,
        "freeForm": phase.number == 2,
    }
