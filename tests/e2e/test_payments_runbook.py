"""docs/payments-runbook.md followed line by line, each playbook with the failure it is about."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest

from dlt_pipelines import config
from dlt_pipelines.control import files
from dlt_pipelines.control.exports import read_pointers
from dlt_pipelines.control.runs import new_run_id
from dlt_pipelines.control.serving import Serving
from dlt_pipelines.loading import breaker
from scripts.mock_api.serve import subprocesses
from scripts.mock_api.world import World
from tests.e2e.conftest import KEY
from tests.e2e.faulty import Faulty
from tests.e2e.runbook import Block, Line, run, sections
from tests.other_process import other_process

RUNBOOK = config.PROJECT_ROOT / "docs" / "payments-runbook.md"
SECTIONS = sections(RUNBOOK)
DAILY = "The daily run"
ALWAYS = 0
READER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""
DAMAGE = "update gold.fct_payments set amount = amount + 1 where charge_id is not null"


@dataclass(frozen=True)
class Desk:
    """Where the operator sits: the API, whose faults can be ordered, and the data."""

    api: Faulty
    data: Path

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    @property
    def served(self) -> set[str]:
        """The runs that readers and `_latest` have; all of one run, or something is wrong."""
        pointed = {each.run_id for each in read_pointers(self.data / "_state")}
        return pointed | ({Serving.of(self.data).current or ""} - {""})

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(sql).fetchall()

    def fault(self, scenario: str, entity: str = "", **values: object) -> Broken:
        """A fault of the API until the cause is mended."""

        @contextmanager
        def broken() -> Iterator[None]:
            self.api.add("payments", scenario, entity=entity, **values)
            yield
            assert self.api.struck("payments")
            self.api.clear()

        return broken()


Broken = AbstractContextManager[None]


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Servers on the loopback interface are waited for less."""
    settings = {
        "RUNTIME__REQUEST_BACKOFF_FACTOR": "0.01",
        "RUNTIME__REQUEST_MAX_ATTEMPTS": "3",
        "BRONZE_API_RPS": "10000",
    }
    with patch.dict(os.environ, settings), patch.object(breaker, "OPEN_SECONDS", 0.1):
        yield


@pytest.fixture(scope="module")
def daily(tmp_path_factory: pytest.TempPathFactory, quick: None) -> Iterator[tuple[Desk, str]]:
    """A warehouse that was filled once and then had its daily run; with what that one said."""
    world = World.at(datetime.now(UTC) - timedelta(hours=1), seed=7)
    data = tmp_path_factory.mktemp("runbook") / "data"
    with subprocesses(world, key=KEY) as urls:
        settings = {
            "SOURCES__PAYMENTS__BASE_URL": urls["payments"],
            "SOURCES__PAYMENTS__API_KEY": KEY,
            "LOCAL_DATA_DIR": str(data),
        }
        with patch.dict(os.environ, settings):
            assert run("payments-pipeline run-all")[0] == 0
            (block,) = SECTIONS[DAILY]
            yield Desk(Faulty(urls), data), follow(block)


@pytest.fixture
def desk(daily: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    found = daily[0]
    monkeypatch.setenv("LOCAL_DATA_DIR", str(found.data))
    yield found
    found.api.clear()


def follow(block: Block) -> str:
    """Runs each line and checks what the runbook promises of it."""
    said = ""
    for line in block.lines:
        said += do(line)
    assert [words for words in block.promised if words not in said] == [], said[-3000:]
    assert KEY not in said
    return said


def do(line: Line) -> str:
    code, said = run(line.text)
    telling = [each for each in said.splitlines() if "NOT CHECKED" not in each]
    assert code == line.exit_code, "\n".join([f"{line.text}: exit {code}", *telling[-20:]])
    return said


def down(desk: Desk) -> Broken:
    return patch.dict(os.environ, {"SOURCES__PAYMENTS__BASE_URL": "http://127.0.0.1:9"})


@contextmanager
def stalled(desk: Desk) -> Iterator[None]:
    with (
        patch.dict(os.environ, {"RUNTIME__REQUEST_TIMEOUT": "0.2"}),
        desk.fault("hang", "refunds", times=ALWAYS),
    ):
        yield


def repeating(desk: Desk) -> Broken:
    return desk.fault("repeated_page", "charges", times=ALWAYS)


def drifting(desk: Desk) -> Broken:
    return desk.fault("drift_type_change", "refunds", times=ALWAYS)


@contextmanager
def spoiled(desk: Desk) -> Iterator[None]:
    """A page of a few rows, so that they are not more than a tenth."""
    small = patch.dict(os.environ, {"MAX_PAGE_SIZE": "20"})
    with small, desk.fault("drift_null_required", "charges"):
        yield


@contextmanager
def damaged(desk: Desk) -> Iterator[None]:
    desk.query(DAMAGE)
    yield


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    with other_process(READER, desk.warehouse):
        yield


def full(desk: Desk) -> Broken:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return patch.object(files, "_temporary", side_effect=error)


@contextmanager
def killed(desk: Desk) -> Iterator[None]:
    """A run of the same command, killed with some pages landed."""
    before = set(desk.data.glob("bronze/**/part-*"))
    desk.api.add("payments", "slow", entity="charges", times=ALWAYS, seconds=30)
    command = Path(sys.executable).with_name("payments-pipeline")
    with subprocess.Popen([command, "run-all", "--days", "60"], stdout=subprocess.DEVNULL) as run:
        last = time.monotonic() + 60
        while set(desk.data.glob("bronze/**/part-*")) == before and time.monotonic() < last:
            time.sleep(0.05)
        run.send_signal(signal.SIGKILL)
    assert set(desk.data.glob("bronze/**/part-*")) > before
    desk.api.clear()
    yield


@contextmanager
def published(desk: Desk) -> Iterator[None]:
    Serving.of(desk.data).publish(desk.warehouse, new_run_id(), by="run")
    yield


BREAKS: dict[str, Callable[[Desk], Broken]] = {
    "The API is down": down,
    "429: too many requests": lambda desk: desk.fault("rate_limit", times=ALWAYS),
    "The key is not accepted": lambda desk: desk.fault("token_revoked", times=ALWAYS),
    "Pagination stall": stalled,
    "The same page again": repeating,
    "Drift: most rows do not fit": drifting,
    "Freeze: some rows do not fit": spoiled,
    "The gate did not pass": damaged,
    "The warehouse is locked": locked,
    "The disk is full": full,
}
"""What makes the first block of a section fail; it is mended before the second."""
BEFORE: dict[str, Callable[[Desk], Broken]] = {
    "A run was killed half-way": killed,
    "Bad Gold was published": published,
}
"""What has happened before a section's first block."""
OTHERS = ("One entity", "Backfill", "Where things are", "S3_BUCKET is missing")


def test_every_section_of_the_runbook_is_followed_here() -> None:
    assert set(SECTIONS) == {DAILY, *BREAKS, *BEFORE, *OTHERS}


def test_the_daily_run_serves_what_passed(daily: tuple[Desk, str]) -> None:
    desk, said = daily
    assert len(desk.served) == 1
    assert f'"run_id":"{desk.served.pop()}"' in said


@pytest.mark.parametrize("title", [title for title in SECTIONS if title != DAILY])
def test_the_runbook_works_as_written(title: str, desk: Desk) -> None:
    first, *others = SECTIONS[title]
    served = desk.served
    with BREAKS.get(title, BEFORE.get(title, nullcontext_of))(desk):
        follow(first)
        if title in BREAKS:
            assert desk.served == served
    for block in others:
        follow(block)
    assert len(desk.served) == 1


def nullcontext_of(desk: Desk) -> Broken:
    return nullcontext()


def test_a_load_that_fits_lifts_the_freeze(desk: Desk) -> None:
    active = "select count(*) from control.freeze where lifted_at is null"
    assert desk.query(active) == [(0,)]


def test_a_given_id_goes_on_and_loads_once(desk: Desk) -> None:
    run_id = "20261101T060000Z-hourly"
    command = f"payments-pipeline run-batch --entity refunds --run-id {run_id}"
    with desk.fault("rate_limit", "refunds", times=ALWAYS):
        do(Line(command, 1))
    assert f"continuing run {run_id}" in do(Line(command, 0))
    assert "this run has loaded it already" in do(Line(command, 0))
    assert f"run_id={run_id}" in do(Line(command.replace("refunds", "payouts"), 1))
    loads = f"select status from control.runs where run_id = '{run_id}'"
    assert desk.query(loads) == [("succeeded",)]


def test_a_given_id_whose_pages_are_not_to_be_trusted_starts_over(desk: Desk) -> None:
    run_id = "20261102T060000Z"
    command = f"payments-pipeline run-batch --entity charges --days 60 --run-id {run_id}"
    with repeating(desk):
        assert "[PAGE001]" in do(Line(command, 1))
    assert "continuing" not in do(Line(command, 0))
    do(Line(f"hallmark replay payments --run-id {run_id} --dry-run", 0))


def test_nothing_that_happened_has_lost_or_doubled_a_row(desk: Desk) -> None:
    for entity in ("charges", "refunds", "customers", "balance_transactions"):
        keys = desk.query(f"select count(distinct id) from raw_payments.{entity}")
        assert (entity, keys) == (entity, [(desk.api.truth("payments")[entity]["count"],)])
