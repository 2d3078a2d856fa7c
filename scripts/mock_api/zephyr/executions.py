"""Which executions a phase has, of which test case versions, and how their results went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scripts.mock_api.zephyr.tree import DAY, HOUR, Access, Phase, Project, Tree

BATCHES = 4
FIRST_BATCH_AFTER = 12 * HOUR
FIRST_EXECUTION_ID = 50_001
FIRST_TEST_CASE_ID = 7_001
FIRST_VERSION_ID = 7_038  # both ranges overlap, as they do in a real tenant

PASS, FAIL, WORK_IN_PROGRESS, BLOCKED, DEFERRED = "1", "2", "3", "4", "10"


class Step(NamedTuple):
    """A status that is set `after` seconds after the first one."""

    after: int
    status: str


class Course(NamedTuple):
    """How `percent` of the executions go."""

    percent: int
    steps: tuple[Step, ...]


START = Step(0, WORK_IN_PROGRESS)
COURSES = (
    Course(10, ()),
    Course(58, (START, Step(3 * HOUR, PASS))),
    Course(9, (START, Step(4 * HOUR, FAIL))),
    Course(
        12,
        (
            START,
            Step(2 * HOUR, FAIL),
            Step(50 * HOUR, WORK_IN_PROGRESS),
            Step(52 * HOUR, PASS),
        ),
    ),
    Course(4, (START, Step(5 * HOUR, BLOCKED))),
    Course(4, (Step(0, BLOCKED), Step(70 * HOUR, WORK_IN_PROGRESS), Step(75 * HOUR, PASS))),
    Course(3, (START, Step(6 * HOUR, DEFERRED))),
)
FLAKY_PERCENT = 10
FLAKY = (
    START,
    Step(2 * HOUR, FAIL),
    Step(26 * HOUR, PASS),
    Step(51 * HOUR, FAIL),
    Step(75 * HOUR, PASS),
    Step(100 * HOUR, FAIL),
)


@dataclass(frozen=True)
class TestCase:
    """One version of a test case; `id` is the version's, `testcase_id` the stable one."""

    id: int
    testcase_id: int
    version: int
    since: int


@dataclass(frozen=True)
class Execution:
    """`assigned_at` is in epoch seconds."""

    id: int
    phase: Phase
    test_case: TestCase
    assigned_at: int


@dataclass(frozen=True)
class Result:
    """A status and the epoch second it was set at."""

    status: str
    at: int


def execution_count(tree: Tree, phase: Phase) -> int:
    """How many executions were assigned to the phase so far: a quarter of them each day."""
    elapsed = tree.now - phase.created_at - FIRST_BATCH_AFTER
    batches = min(BATCHES, max(0, elapsed // DAY + 1))
    return min(_planned(tree, phase), batches * _batch(tree, phase))


def executions(tree: Tree, phase: Phase, *, offset: int = 0) -> Iterator[Execution]:
    """The phase's executions from `offset` on, newest first: a new row moves all the others."""
    for number in range(execution_count(tree, phase) - 1 - offset, -1, -1):
        yield _execution(tree, phase, number)


def visible_phases(tree: Tree) -> Iterator[Phase]:
    """All phases the key may see, parents in order."""
    for project in tree.projects:
        if project.access is Access.OPEN:
            for release in tree.releases(project):
                for cycle in tree.cycles(release):
                    yield from tree.phases(cycle)


def latest_result(tree: Tree, execution: Execution) -> Result | None:
    """The newest status at the clock, None for an execution that nobody has touched."""
    number = tree.world.number
    first_at = execution.assigned_at + 4 * HOUR + number("first", execution.id) % (3 * DAY)
    course = [
        Result(step.status, first_at + step.after + number("late", execution.id, place) % HOUR)
        for place, step in enumerate(_steps(tree, execution))
    ]
    happened = [result for result in course if result.at <= tree.now]
    return happened[-1] if happened else None


def _steps(tree: Tree, execution: Execution) -> tuple[Step, ...]:
    number = tree.world.number
    if number("flaky", execution.test_case.testcase_id) % 100 < FLAKY_PERCENT:
        return FLAKY[: 4 + number("flips", execution.id) % 3]
    drawn = number("course", execution.id) % 100
    for course in COURSES:
        drawn -= course.percent
        if drawn < 0:
            return course.steps
    raise AssertionError("the courses add up to 100 percent")


def _planned(tree: Tree, phase: Phase) -> int:
    spread = tree.phase_size // 2 + 1
    return tree.phase_size * 3 // 4 + tree.world.number("executions", phase.id) % spread


def _batch(tree: Tree, phase: Phase) -> int:
    return -(-_planned(tree, phase) // BATCHES)


def _execution(tree: Tree, phase: Phase, number: int) -> Execution:
    batch = number // _batch(tree, phase)
    assigned_at = phase.created_at + FIRST_BATCH_AFTER + batch * DAY
    place = tree.world.number("folder", phase.id) + number
    return Execution(
        id=FIRST_EXECUTION_ID + phase.index * 2 * tree.phase_size + number,
        phase=phase,
        test_case=_test_case(tree, phase.project, place, assigned_at),
        assigned_at=assigned_at,
    )


def _test_case(tree: Tree, project: Project, place: int, at: int) -> TestCase:
    """The version that was the newest at `at`; a project's repository holds two phases' worth."""
    per_project = 2 * tree.phase_size
    index = project.index * per_project + place % per_project
    testcase_id = FIRST_TEST_CASE_ID + index
    version, since = _version_at(tree, testcase_id, at)
    total = per_project * len(tree.projects)
    return TestCase(FIRST_VERSION_ID + (version - 1) * total + index, testcase_id, version, since)


def _version_at(tree: Tree, testcase_id: int, at: int) -> tuple[int, int]:
    """The version's number and the epoch second it was made at; half never get a second one."""
    drawn = tree.world.number("versions", testcase_id)
    second_at = tree.starts_at + drawn % (30 * DAY)
    interval = 25 * DAY + drawn % (30 * DAY)
    if drawn % 2 or at < second_at:
        return 1, tree.starts_at
    later = (at - second_at) // interval
    return 2 + later, second_at + later * interval
