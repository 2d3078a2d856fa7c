"""The JSON object of an execution, with the test case version inside it."""

from __future__ import annotations

from scripts.mock_api.zephyr import words
from scripts.mock_api.zephyr.executions import (
    WORK_IN_PROGRESS,
    Execution,
    Result,
    TestCase,
    latest_result,
)
from scripts.mock_api.zephyr.objects import Json, chance, milliseconds, person_id, pick
from scripts.mock_api.zephyr.tree import Tree

ANYONE_ID = -10
NOT_EXECUTED: tuple[Json, ...] = ({}, {"status": ""}, {"status": "0"})


def execution_object(tree: Tree, execution: Execution) -> Json:
    """One execution at the tree's clock; what was not recorded is absent."""
    world = tree.world
    result = latest_result(tree, execution)
    answer: Json = {
        "id": execution.id,
        "cyclePhaseId": execution.phase.id,
        "assignmentDate": milliseconds(execution.assigned_at),
        "versionId": str(execution.test_case.version),
        **_tester(tree, execution),
        **status_of(tree, execution, result),
        "tcrTreeTestcase": _place(tree, execution.test_case),
    }
    if chance(world, 67, "cycle id", execution.id):
        answer["cycleId"] = execution.phase.cycle.id
    if chance(world, 60, "estimate", execution.id):
        answer["estimatedTime"] = _expected_seconds(tree, execution.test_case)
    if chance(world, 35, "modified", execution.id):
        answer["lastModifiedOn"] = milliseconds(result.at if result else execution.assigned_at)
    if result:
        answer |= _outcome(tree, execution, result)
    return answer


def status_of(tree: Tree, execution: Execution, result: Result | None) -> Json:
    """The status key; an untouched execution has it as "0", as "" or not at all."""
    if result:
        return {"status": result.status}
    return pick(tree.world, NOT_EXECUTED, "not executed", execution.id)


def _person(tree: Tree, execution: Execution) -> int:
    return tree.world.number("person", execution.id) % len(words.PEOPLE)


def _tester(tree: Tree, execution: Execution) -> Json:
    if chance(tree.world, 25, "anyone", execution.id):
        return {"testerId": ANYONE_ID, "testerIdName": words.ANYONE}
    person = _person(tree, execution)
    return {"testerId": person_id(person), "testerIdName": words.PEOPLE[person]}


def _outcome(tree: Tree, execution: Execution, result: Result) -> Json:
    person = _person(tree, execution)
    outcome: Json = {
        "executedBy": words.PEOPLE[person],
        "lastTestResult": {
            "executionStatus": result.status,
            "executionDate": milliseconds(result.at),
            "testerId": person_id(person),
        },
    }
    timed = chance(tree.world, 70, "timed", execution.id)
    if timed and result.status != WORK_IN_PROGRESS:
        outcome["actualTime"] = _actual_time(tree, execution)
    return outcome


def _actual_time(tree: Tree, execution: Execution) -> int:
    """Milliseconds for some executions and seconds for the others, as the API does."""
    percent = 60 + tree.world.number("pace", execution.id) % 90
    seconds = _expected_seconds(tree, execution.test_case) * percent // 100
    return seconds if chance(tree.world, 40, "in seconds", execution.id) else seconds * 1_000


def _expected_seconds(tree: Tree, test_case: TestCase) -> int:
    return 60 * (2 + tree.world.number("expected", test_case.testcase_id) % 28)


def _place(tree: Tree, test_case: TestCase) -> Json:
    return {
        "id": 80_001 + test_case.testcase_id,
        "revision": 3 * test_case.version,
        "versionNumber": test_case.version,
        "lastModifiedOn": milliseconds(test_case.since),
        "testcase": _test_case_object(tree, test_case),
    }


def _test_case_object(tree: Tree, test_case: TestCase) -> Json:
    """Depends on the version alone, so every execution of it carries the same object."""
    world, stable = tree.world, test_case.testcase_id
    action = pick(world, words.ACTIONS, "action", stable)
    thing = pick(world, words.THINGS, "thing", stable)
    condition = pick(world, words.CONDITIONS, "condition", test_case.id)
    covered = 1 + world.number("covered", stable) % 3
    answer: Json = {
        "id": test_case.id,
        "testcaseId": stable,
        "name": f"{action} {thing} {condition}",
        "automated": chance(world, 35 + 10 * test_case.version, "automated", stable),
        "estimatedTime": _expected_seconds(tree, test_case),
        "requirementIds": [6_000 + (stable * 7 + place) % 60 for place in range(covered)],
        "lastModifiedOn": milliseconds(test_case.since),
        "customProperties": {"device": "phone"} if chance(world, 20, "phone", stable) else {},
    }
    if chance(world, 85, "has priority", stable):
        answer["priority"] = pick(world, words.PRIORITIES, "priority", test_case.id)
    if chance(world, 60, "has tag", stable):
        answer["tag"] = pick(world, words.TAGS, "tag", stable)
    return answer
