"""A small shop whose loads are killed, and what each command leaves when it is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from scripts.mock_api.serve import subprocesses
from scripts.mock_api.world import World
from scripts.sources import SECRETS
from tests.crash.forked import Ended, Forks, Job, Kill, forks
from tests.crash.left import ENTITIES, left
from tests.e2e.conftest import KEY, WORLD, Apis
from tests.e2e.hiding import hiding
from tests.e2e.proxy import Answer, Fault, proxy_to

_SMALL = World.at(WORLD.now, seed=7, scale=0.1)
_ONLY = tuple(word for entity in ENTITIES for word in ("--entity", entity))
_STRETCH = ("--from", "2026-02-01", "--to", "2026-04-12", "--window-days", "40")
LOAD = ("hallmark", "load", "payments", *_ONLY)
_GOES_ON = ("load", "sweep", "backfill")
"""What is killed goes on under its run's id; any other command given again is a run of its own."""


@dataclass
class Shop:
    """Folders as commands find them: after a `first` load, and that without its warehouse."""

    folder: Path
    url: str
    forks: Forks
    effects: dict[str, int] = field(default_factory=dict)
    _expected: dict[str, dict[str, Any]] = field(default_factory=dict)

    def expected(self, name: str) -> dict[str, Any]:
        """What a command leaves that nobody kills."""
        if name not in self._expected:
            undisturbed = f"{name} undisturbed"
            self.begin(name, undisturbed)
            self.effects[name] = self.succeed(undisturbed, self._command(name))
            self._expected[name] = self._left(name, undisturbed)
        return self._expected[name]

    def begin(self, name: str, folder: str) -> None:
        """Makes a folder as the command finds it."""
        shutil.rmtree(self.folder / folder, ignore_errors=True)
        before = "load undisturbed" if name == "rewind" else "first"
        if name == "rewind":
            self.expected("load")
        shutil.copytree(self.folder / before, self.folder / folder)
        if name == "replay":
            (self.folder / folder / "warehouse.duckdb").unlink()

    def kill(self, name: str, folder: str, kill: Kill) -> None:
        assert self._run(folder, self._command(name), kill).was_killed

    def finish(self, name: str, folder: str) -> dict[str, Any]:
        """Gives a command again and says what is left then."""
        self.succeed(folder, self._command(name))
        return self._left(name, folder)

    def succeed(self, folder: str, command: tuple[str, ...]) -> int:
        """How many effects it had."""
        ended = self._run(folder, command)
        log = (self.folder / folder).with_suffix(".log")
        assert ended.code == 0, log.read_text("utf-8")[-2000:]
        return ended.effects

    def _left(self, name: str, folder: str) -> dict[str, Any]:
        """After a load, where the command was none."""
        if name in _GOES_ON:
            return left(self.folder / folder)
        self.succeed(folder, LOAD)
        found = left(self.folder / folder)
        return {key: value for key, value in found.items() if key not in ("ledger", "cursors")}

    def _command(self, name: str) -> tuple[str, ...]:
        first = next((self.folder / "first").glob("bronze/*/entity=charges/dt=*/run_id=*"))
        run_id = first.name.removeprefix("run_id=")
        return {
            "load": LOAD,
            "sweep": ("hallmark", "sweep", "payments", *_ONLY),
            "backfill": ("hallmark", "load", "payments", "--entity", "charges", *_STRETCH),
            "replay": ("hallmark", "replay", "payments", "--run-id", run_id),
            "rewind": ("hallmark", "state", "rewind", "payments", "--to", run_id, "--yes"),
        }[name]

    def _run(self, folder: str, command: tuple[str, ...], kill: Kill | None = None) -> Ended:
        path = self.folder / folder
        environment = {
            "SOURCES__PAYMENTS__BASE_URL": self.url,
            f"SOURCES__PAYMENTS__{SECRETS['payments']}": KEY,
            "LOCAL_DATA_DIR": str(path),
            "BRONZE_API_RPS": "10000",
            "PII__KEY": KEY,
        }
        log = str(path.with_suffix(".log"))
        return self.forks.run(Job(command=command, environment=environment, log=log, kill=kill))


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """After a first load twelve days pass, a customer goes and a charge comes without currency."""
    with (
        subprocesses(_SMALL, key=KEY) as urls,
        proxy_to(urls["payments"]) as proxy,
        forks() as forking,
    ):
        shop = Shop(folder, proxy.url, forking)
        shop.succeed("first", LOAD)
        Apis(urls).advance(12)
        proxy.fault = _having_a_bad_day(urls["payments"], folder / "first")
        yield shop


def _having_a_bad_day(url: str, loaded: Path) -> Fault:
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
