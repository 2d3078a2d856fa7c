"""Backfills of the payments API, window by window."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.odcs import load_source as contract
from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.state import EntityState, in_force
from scripts.cli.hallmark import main
from tests.e2e.conftest import KEY, WORLD, Apis, Load, query
from tests.e2e.proxy import Answer, proxy_to
from tests.e2e.truth import payload_hashes

BEGIN, SECOND, END = (datetime(2026, 3, day, tzinfo=UTC) for day in (2, 9, 16))
COMMAND = ["load", "payments", "--from", "2026-03-02", "--to", "2026-03-16"]
CHARGES = [*COMMAND, "--entity", "charges"]
ENTITIES = [each for each in contract("payments").entities if each != "events"]
Hallmark = Callable[..., tuple[int, Any]]


@pytest.fixture
def hallmark(
    apis: Apis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hallmark:
    """Runs a command with `--json`: its exit code and its result."""
    monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", apis.urls["payments"])
    monkeypatch.setenv("SOURCES__PAYMENTS__API_KEY", KEY)

    def call(*arguments: str) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["hallmark", *arguments, "--json"])
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0), json.loads(capsys.readouterr().out)

    return call


def state() -> dict[str, Any]:
    with connect(config.warehouse_path(), read_only=True) as connection:
        return in_force(connection, "payments").resources


def windows_asked(paths: list[str]) -> set[str]:
    return {name for name, at in (("first", BEGIN), ("second", SECOND)) if begins_at(at, paths)}


def begins_at(moment: datetime, paths: list[str]) -> bool:
    return any(f"gte%5D={int(moment.timestamp())}" in path for path in paths)


def test_a_backfill_into_an_empty_warehouse_stores_the_stretch_and_leaves_no_cursor(
    hallmark: Hallmark, data_dir: Path
) -> None:
    code, result = hallmark(*COMMAND)

    assert code == 0
    assert [each["start"] for each in result["windows"]] == [
        "2026-03-02T00:00:00Z",
        "2026-03-09T00:00:00Z",
    ]
    assert [row["entity"] for row in result["ledger"]] == ENTITIES
    since, until = int(BEGIN.timestamp()), int(END.timestamp())
    created = "select min(created), max(created) from raw_payments.charges"
    ((first, last),) = query(data_dir, created)
    assert since <= first <= last < until
    assert sum(row["loaded"] for row in result["ledger"]) > 0
    assert set(map(str, state().values())) <= {"{}"}
    assert query(data_dir, "select count(*) from raw_payments._cursor_history") == [(0,)]
    recorded = query(data_dir, "select run_id from control.runs where status = 'succeeded'")
    assert sorted(run for (run,) in recorded) == [each["run_id"] for each in result["windows"]]


def test_a_backfill_stores_all_that_was_created_in_its_stretch(
    apis: Apis, hallmark: Hallmark, data_dir: Path, load_source: Load
) -> None:
    hallmark(*CHARGES)
    backfilled = query(data_dir, "select id, _payload_sha256 from raw_payments.charges order by 1")
    ledger = load_source("payments", apis.connection("payments"), entities=["charges"])

    since, until = int(BEGIN.timestamp()), int(END.timestamp())
    stretch = query(
        data_dir,
        "select distinct id, _payload_sha256 from raw_payments.charges"
        f" where created >= {since} and created < {until} order by 1",
    )
    assert backfilled == stretch
    assert ledger["charges"].unchanged == len(backfilled) > 0


def test_a_backfill_leaves_cursors_and_event_anchors_as_they_are(
    apis: Apis, hallmark: Hallmark, data_dir: Path, load_source: Load
) -> None:
    load_source("payments", apis.connection("payments"))
    before = state()
    events = query(data_dir, "select count(*) from raw_payments.events")
    assert all(EntityState(**each).event for each in before.values())
    apis.advance(2)
    assert hallmark(*COMMAND)[0] == 0

    assert state() == before
    assert query(data_dir, "select count(*) from raw_payments.events") == events
    ledger = load_source("payments", apis.connection("payments"))
    assert ledger["charges"].cursor_before == before["charges"]["cursor"]
    stored = query(data_dir, "select distinct id from raw_payments.charges")
    later = payload_hashes(WORLD.advanced(timedelta(days=2)))
    assert {key for (key,) in stored} == later["charges"].keys()


def test_a_backfill_that_failed_goes_on_with_its_window_and_then_starts_over(
    apis: Apis, hallmark: Hallmark, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(path: str) -> Answer | None:
        return (401, "application/json", b"{}") if begins_at(SECOND, [path]) else None

    with proxy_to(apis.urls["payments"]) as proxy:
        monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", proxy.url)
        proxy.fault = fault
        code, result = hallmark(*CHARGES)
        assert (code, result["error"]["code"]) == (1, "AUTH001")
        statuses = "select status from control.backfills order by window_start"
        assert query(data_dir, statuses) == [("succeeded",), ("failed",)]

        proxy.fault = lambda path: None
        proxy.asked.clear()
        code, result = hallmark(*CHARGES)
        assert (code, windows_asked(proxy.asked)) == (0, {"second"})
        assert query(data_dir, statuses) == [("succeeded",), ("succeeded",)]
        assert len({each["run_id"] for each in result["windows"]}) == 2
        stored = query(data_dir, "select count(*) from raw_payments.charges")
        assert stored == [(result["ledger"][0]["loaded"],)]

        proxy.asked.clear()
        code, again = hallmark(*CHARGES)
        assert (code, windows_asked(proxy.asked)) == (0, {"first", "second"})
    assert again["ledger"][0]["unchanged"] == result["ledger"][0]["loaded"]
    assert query(data_dir, "select count(*) from control.backfills") == [(4,)]


def test_a_backfill_that_was_killed_goes_on_with_its_run(
    apis: Apis, hallmark: Hallmark, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, killed = threading.Event(), threading.Event()

    def stall(path: str) -> None:
        if begins_at(SECOND, [path]) and not killed.is_set():
            reached.set()
            killed.wait(30)

    with proxy_to(apis.urls["payments"]) as proxy:
        proxy.fault = stall
        monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", proxy.url)
        child = subprocess.Popen(
            [sys.executable, "-m", "scripts.cli.hallmark", *CHARGES], env=dict(os.environ)
        )
        assert reached.wait(60)
        child.send_signal(signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
        killed.set()
        begun = query(
            data_dir,
            "select run_id from control.backfills where status = 'running'",
        )
        proxy.asked.clear()
        code, result = hallmark(*CHARGES)
    assert (code, windows_asked(proxy.asked)) == (0, {"second"})
    assert [(result["windows"][1]["run_id"],)] == begun
    assert query(data_dir, "select count(*) - count(distinct id) from raw_payments.charges") == [
        (0,)
    ]
