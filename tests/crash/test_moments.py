"""A command that is killed right before an effect, and then given again, has done its work once."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from scripts.mock_api.serve import subprocesses
from scripts.mock_api.world import World
from scripts.sources import SECRETS
from tests.crash.forked import Ended, Forks, Job, forks
from tests.crash.left import ENTITIES, left
from tests.e2e.conftest import KEY, WORLD, Apis
from tests.e2e.hiding import hiding
from tests.e2e.proxy import Answer, Fault, Proxy, proxy_to

SMALL = World.at(WORLD.now, seed=7, scale=0.1)
ONLY = tuple(word for entity in ENTITIES for word in ("--entity", entity))
LOAD = ("hallmark", "load", "payments", *ONLY)
SWEEP = ("hallmark", "sweep", "payments", *ONLY)
BACKFILL = ("hallmark", "load", "payments", "--from", "2026-02-01", "--to", "2026-04-12")
GOES_ON = ("load", "sweep", "backfill")
"""What is killed goes on under its run's id; any other command given again is a run of its own."""
Kill = tuple[str, int]
STORED = r"os.rename .*/load/loaded/", 1
NOT_COMPLETE = r'sql insert into "raw_payments"."_dlt_loads"', 1
IN_RAW = r'sql insert into "raw_payments"\."(charges|customers|events)"', 2
MOMENTS: dict[str, dict[str, tuple[Kill, ...]]] = {
    "load": {
        "before its views": ((r"sql create or replace view control.ledger", 1),),
        "before a partition's checksums": ((r"os.rename .*=charges.*/_checksums.json", 1),),
        "as drift is recorded": ((r"sql merge into control.fields", 2),),
        "as drift is recorded and nothing stored": ((r"os.mkdir .*/load/normalized$", 1),),
        "half in raw": (IN_RAW,),
        "half in raw, and as that is removed": (IN_RAW, (r'sql delete from "raw_payments"', 3)),
        "in raw and not completed": (NOT_COMPLETE,),
        "as all is stored": (STORED,),
        "as all is stored, twice": (STORED, (r"os.rename /_state/watermarks", 2)),
        "before its end is recorded": ((r"sql update control.runs set status = \?", 1),),
    },
    "sweep": {"in raw and not completed": (NOT_COMPLETE,), "as all is stored": (STORED,)},
    "backfill": {
        "as it is planned": ((r"sql insert into control.backfills", 2),),
        "before its first window is a run": ((r"sql insert into control.runs", 1),),
        "as a window is stored": (STORED,),
        "before a window is marked": ((r"sql update control.backfills", 2),),
        "before its second window is a run": ((r"sql insert into control.runs", 2),),
    },
    "replay": {"half in raw": (IN_RAW,), "as all is stored": (STORED,)},
    "rewind": {"in raw and not completed": (NOT_COMPLETE,), "as all is stored": (STORED,)},
}


@dataclass
class Shop:
    """A data folder per command as it is before it, and what the command leaves undisturbed."""

    folder: Path
    proxy: Proxy
    forks: Forks
    commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    expected: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self, name: str, command: tuple[str, ...], kill: Kill = ("", 1)) -> Ended:
        folder = self.folder / name
        environment = {
            "SOURCES__PAYMENTS__BASE_URL": self.proxy.url,
            f"SOURCES__PAYMENTS__{SECRETS['payments']}": KEY,
            "LOCAL_DATA_DIR": str(folder),
            "BRONZE_API_RPS": "10000",
            "PII__KEY": KEY,
        }
        log = str(folder.with_suffix(".log"))
        pattern, number = kill
        return self.forks.run(
            Job(command=command, environment=environment, log=log, kill=pattern, number=number)
        )

    def succeed(self, name: str, command: tuple[str, ...]) -> int:
        """How many effects it had."""
        ended = self.run(name, command)
        log = (self.folder / name).with_suffix(".log")
        assert ended.code == 0, log.read_text("utf-8")[-2000:]
        return ended.effects

    def copy(self, before: str, name: str) -> Path:
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return Path(shutil.copytree(self.folder / before, self.folder / name))

    def prepare(self, name: str, command: tuple[str, ...]) -> None:
        """Runs the command that is to be killed undisturbed, in a copy of its folder."""
        self.commands[name] = command
        self.copy(name, f"{name} undisturbed")
        self.expected[name] = self.finish(name, f"{name} undisturbed")

    def finish(self, name: str, folder: str) -> dict[str, Any]:
        """Gives the command, and a load after it where that is no load; what is left then."""
        self.succeed(folder, self.commands[name])
        if name not in GOES_ON:
            self.succeed(folder, LOAD)
        found = left(self.folder / folder)
        of_last_run = () if name in GOES_ON else ("ledger", "cursors")
        return {key: value for key, value in found.items() if key not in of_last_run}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """After a first load twelve days pass, a customer goes and a charge comes without currency."""
    with (
        subprocesses(SMALL, key=KEY) as urls,
        proxy_to(urls["payments"]) as proxy,
        forks() as forked,
    ):
        shop = Shop(tmp_path_factory.mktemp("shop"), proxy, forked)
        shop.succeed("load", LOAD)
        Apis(urls).advance(12)
        proxy.fault = having_a_bad_day(urls["payments"], shop.folder / "load")
        first = next((shop.folder / "load").glob("bronze/*/entity=charges/dt=*/run_id=*"))
        run_id = first.name.removeprefix("run_id=")
        for name in ("sweep", "backfill"):
            shop.copy("load", name)
        shop.prepare("load", LOAD)
        shop.prepare("sweep", SWEEP)
        shop.prepare("backfill", (*BACKFILL, "--window-days", "40", "--entity", "charges"))
        for name in ("replay", "rewind"):
            shop.copy("load undisturbed", name)
        (shop.folder / "replay" / "warehouse.duckdb").unlink()
        shop.prepare("replay", ("hallmark", "replay", "payments", "--run-id", run_id))
        rewind = ("hallmark", "state", "rewind", "payments", "--to", run_id, "--yes")
        shop.prepare("rewind", rewind)
        yield shop


def having_a_bad_day(url: str, loaded: Path) -> Fault:
    """Hides a customer that is stored, and shows a charge that is not without its currency."""
    with duckdb.connect(str(loaded / "warehouse.duckdb"), read_only=True) as connection:
        (gone,) = connection.execute("select min(id) from raw_payments.customers").fetchone() or ()
    hide, bad = hiding(url, [gone]), []

    def fault(path: str) -> Answer | None:
        answer = hide(path)
        if answer is None or "/v1/charges" not in path:
            return answer
        page = json.loads(answer[2])
        bad[:] = bad or [page["data"][0]["id"]]
        for row in page.get("data", [page]):
            if row.get("id") in bad:
                row["currency"] = None
        return *answer[:2], json.dumps(page).encode()

    return fault


@pytest.mark.parametrize(
    ("name", "kills"),
    [
        pytest.param(name, kills, id=f"{name} {moment}")
        for name, moments in MOMENTS.items()
        for moment, kills in moments.items()
    ],
)
def test_a_command_that_was_killed_does_its_work_once(
    name: str, kills: tuple[Kill, ...], shop: Shop
) -> None:
    shop.copy(name, "killed")
    for kill in kills:
        assert shop.run("killed", shop.commands[name], kill).code == -signal.SIGKILL
    assert shop.finish(name, "killed") == shop.expected[name]


def test_the_shop_has_something_of_everything_to_lose(shop: Shop) -> None:
    expected = shop.expected["sweep"]
    for name in ("quarantine", "deletions", "drift", "freezes", "cursors"):
        assert (name, bool(expected[name])) == (name, True)
