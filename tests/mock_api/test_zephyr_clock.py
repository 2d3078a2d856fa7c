"""The bundled Zephyr server's data changes as its clock moves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from zephyr_walk import Client, Walk, pages

from scripts.mock_api.world import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD = World.at(NOW)


def test_a_clock_that_was_moved_shows_what_a_clock_set_there_shows() -> None:
    client = Client.of(WORLD)
    for days in (1, 2.5):
        body = json.dumps({"days": days}).encode()
        assert client.request("POST", "/_control/advance", body=body).status == 200
    later = replace(WORLD, now=NOW + timedelta(days=3.5))
    assert Walk.of(client).rows == Walk.of(Client.of(later)).rows


def test_every_day_brings_new_executions_or_changes_old_ones() -> None:
    world = WORLD
    before = {row["id"]: row for row in Walk.of(Client.of(world)).rows["executions"]}
    added: list[int] = []
    changed: list[int] = []
    for _ in range(18):
        world = world.advanced(timedelta(days=1))
        after = {row["id"]: row for row in Walk.of(Client.of(world)).rows["executions"]}
        assert before.keys() <= after.keys(), "nothing is deleted"
        added.append(len(after.keys() - before.keys()))
        changed.append(sum(after[number] != before[number] for number in before))
        before = after
    assert sum(added) > 100
    assert sum(changed) > 100
    quiet = [day for day, sizes in enumerate(zip(added, changed, strict=True)) if not any(sizes)]
    assert len(quiet) <= 2


def test_a_new_execution_moves_the_offsets_of_the_others() -> None:
    early = replace(WORLD, now=WORLD.starts_at + timedelta(days=9))
    phases = Walk.of(Client.of(early)).rows["cycle_phases"]
    late = early.advanced(timedelta(days=1))
    moved = 0
    for phase in phases:
        first = [row["id"] for page in pages(Client.of(early), phase["id"], 5) for row in page]
        second = [row["id"] for page in pages(Client.of(late), phase["id"], 5) for row in page]
        assert second[len(second) - len(first) :] == first
        moved += bool(first) and len(second) > len(first)
    assert moved


def test_a_flaky_execution_passes_and_fails_more_than_once() -> None:
    histories: dict[int, list[str]] = {}
    world = replace(WORLD, now=WORLD.starts_at)
    for _ in range(80):
        world = world.advanced(timedelta(hours=6))
        for row in Walk.of(Client.of(world)).rows["executions"]:
            history = histories.setdefault(row["id"], [])
            if not history or history[-1] != row.get("status", ""):
                history.append(row.get("status", ""))
    verdicts = ["".join(one for one in history if one in "12") for history in histories.values()]
    assert any("212" in verdict for verdict in verdicts)


def test_a_version_of_a_test_case_never_changes() -> None:
    late = {row["id"]: row for row in Walk.of(Client.of(WORLD)).rows["test_cases"]}
    for days in (20, 35, 50):
        early = replace(WORLD, now=WORLD.starts_at + timedelta(days=days))
        for row in Walk.of(Client.of(early)).rows["test_cases"]:
            assert late[row["id"]] == row


def test_some_cycle_ends_later_than_it_was_planned_to() -> None:
    planned: dict[int, int] = {}
    moved = set()
    for days in range(0, 60, 2):
        world = replace(WORLD, now=WORLD.starts_at + timedelta(days=days))
        for row in Walk.of(Client.of(world)).rows["cycles"]:
            if planned.setdefault(row["id"], row["endDate"]) < row["endDate"]:
                moved.add(row["id"])
    assert moved
    assert moved < planned.keys()


def test_cycles_are_closed_and_releases_completed() -> None:
    early = Walk.of(Client.of(replace(WORLD, now=WORLD.starts_at + timedelta(days=6))))
    late = Walk.of(Client.of(WORLD))
    closed = {row["id"]: row for row in late.rows["cycles"] if row["status"] == 1}
    for row in early.rows["cycles"]:
        assert row["status"] == 0
        assert closed[row["id"]]["revision"] > row["revision"]
        assert closed[row["id"]]["endDate"] >= row["endDate"]
    assert {row.get("status") for row in late.rows["releases"]} >= {0, 1}
