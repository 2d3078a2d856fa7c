"""The API's routes, over the tree of the world at the application's clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from scripts.mock_api.zephyr import answers
from scripts.mock_api.zephyr.execution_objects import execution_object
from scripts.mock_api.zephyr.executions import (
    Execution,
    execution_count,
    executions,
    visible_phases,
)
from scripts.mock_api.zephyr.objects import cycle_object, project_object, release_object
from scripts.mock_api.zephyr.tree import Access, Phase, Tree

DEFAULT_PAGE_SIZE = 10
FORBIDDEN = "You do not have permission to access this project."


def api_routes() -> list[BaseRoute]:
    return [
        Route("/project/details", list_projects),
        Route("/release/project/{project_id:int}", list_releases),
        Route("/cycle/release/{release_id:int}", list_cycles),
        Route("/execution", list_executions),
        Route("/testcase/requirement/{path:path}", gone),
        Route("/{path:path}", not_found),
    ]


def tree_of(request: Request) -> Tree:
    return Tree(request.app.state.world)


async def list_projects(request: Request) -> Response:
    tree = tree_of(request)
    return answers.json_answer([project_object(tree, project) for project in tree.projects])


async def list_releases(request: Request) -> Response:
    tree = tree_of(request)
    project = tree.project(request.path_params["project_id"])
    if project is None:
        return answers.error(404, "Project not found.")
    if project.access is Access.FORBIDDEN:
        return answers.error(403, FORBIDDEN)
    rows = [release_object(tree, release) for release in tree.releases(project)]
    return answers.listing(tree.world, rows, "releases", project.id)


async def list_cycles(request: Request) -> Response:
    tree = tree_of(request)
    release = tree.release(request.path_params["release_id"])
    if release is None:
        return answers.error(404, "Release not found.")
    if release.project.access is Access.FORBIDDEN:
        return answers.error(403, FORBIDDEN)
    rows = [cycle_object(tree, cycle) for cycle in tree.cycles(release)]
    return answers.listing(tree.world, rows, "cycles", release.id)


async def list_executions(request: Request) -> Response:
    """The executions of `cyclephaseid`, without it those of all phases; ignores other filters."""
    query = request.query_params
    try:
        phase_id = int(query["cyclephaseid"]) if "cyclephaseid" in query else None
        offset = int(query.get("offset", 0))
        page_size = int(query.get("pagesize", DEFAULT_PAGE_SIZE))
    except ValueError:
        return answers.error(400, "cyclephaseid, offset and pagesize must be whole numbers.")
    if offset < 0 or page_size < 0:
        return answers.error(400, "offset and pagesize must not be negative.")
    tree = tree_of(request)
    phases = visible_phases(tree) if phase_id is None else _phases(tree, phase_id)
    known = list(phases)
    if any(phase.project.access is Access.FORBIDDEN for phase in known):
        return answers.error(403, FORBIDDEN)
    total = sum(execution_count(tree, phase) for phase in known)
    found = islice(_from(tree, known, offset), page_size or None)
    rows = [execution_object(tree, execution) for execution in found]
    return answers.page(
        tree.world, rows, offset=offset, page_size=page_size, total=total, key=phase_id
    )


def _phases(tree: Tree, phase_id: int) -> list[Phase]:
    phase = tree.phase(phase_id)
    return [phase] if phase else []


def _from(tree: Tree, phases: list[Phase], offset: int) -> Iterator[Execution]:
    """The phases' executions in order, without making those before `offset`."""
    for phase in phases:
        yield from executions(tree, phase, offset=offset)
        offset = max(0, offset - execution_count(tree, phase))


async def gone(_: Request) -> Response:
    return answers.error(410, "This resource is no longer available.")


async def not_found(_: Request) -> Response:
    return answers.error(404, "Resource not found.")
