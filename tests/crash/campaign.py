"""Loads that are killed and started again until they succeed, beside loads that are left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from scripts.mock_api.serve import SOURCES
from tests.crash.costs import Cost, Meter
from tests.crash.kills import FILES, TIME, Kill, files, packages, phase, planned
from tests.dbt_here import dbt, statuses
from tests.e2e.conftest import Apis
from tests.e2e.workspace import Workspace

_LOAD = ("hallmark", "load", *SOURCES)
_SILVER = "+path:dbt_project/models/silver"
_KILLS_IN_A_ROW = (4, 8)


class Usual(NamedTuple):
    """What a load takes that is left alone."""

    seconds: float
    requests: int


@dataclass
class Campaign:
    """Rounds of kills: in each both workspaces load the same day of the APIs, one undisturbed.

    A restart is killed like a first start, so a load may take several kills in a row.
    """

    apis: Apis
    folder: Path
    seed: int
    kills: int
    phases: list[str] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.disturbed = Workspace(self.folder / "disturbed", self.apis)
        self.undisturbed = Workspace(self.folder / "undisturbed", self.apis)
        self._meters = {name: Meter(name, self.disturbed.folder, self.apis) for name in SOURCES}

    def run(self) -> None:
        """Kills as often as asked, then builds Silver in both workspaces."""
        waiting, lengths = list(islice(planned(self.seed), self.kills)), Random(self.seed)
        while waiting:
            self._round(waiting, lengths.randint(*_KILLS_IN_A_ROW))
            self.apis.advance(1)
        for workspace in (self.disturbed, self.undisturbed):
            built = dbt(workspace.folder, "build", "--select", _SILVER)
            assert statuses(built) <= {"success", "pass", "warn"}

    def _round(self, waiting: list[Kill], most: int) -> None:
        """Takes up to `most` kills off the list; one that the load is too fast for stays."""
        usual = self._left_alone()
        for meter in self._meters.values():
            meter.begin_load()
        for kill in waiting[:most]:
            if not self._attempt(kill, usual):
                return
            waiting.remove(kill)
        self._attempt(None, usual)

    def _left_alone(self) -> Usual:
        before, started = self._requests(), time.monotonic()
        self.undisturbed.finish(self.undisturbed.start(*_LOAD))
        return Usual(time.monotonic() - started, self._requests() - before)

    def _attempt(self, kill: Kill | None, usual: Usual) -> bool:
        """Whether the load was killed; without a kill, or before it, it succeeds."""
        done = self.disturbed.succeeded()
        there = packages(self.disturbed.folder)
        for meter in self._meters.values():
            meter.begin_attempt()
        due = self._due(kill, usual) if kill else lambda: False
        killed = self.disturbed.kill(self.disturbed.start(*_LOAD), due)
        if killed:
            self.phases.append(phase(self.disturbed.folder, there))
        for source in SOURCES:
            if self.disturbed.succeeded()[source] > done[source]:
                self.costs.append(self._meters[source].succeeded())
            else:
                self._meters[source].killed()
        return killed

    def _due(self, kill: Kill, usual: Usual) -> Callable[[], bool]:
        if kill.kind in FILES:
            folder, pattern = self.disturbed.folder, FILES[kill.kind]
            there = files(folder, pattern)
            return lambda: len(files(folder, pattern) - there) >= kill.files
        if kill.kind == TIME:
            moment = time.monotonic() + kill.share * usual.seconds
            return lambda: time.monotonic() >= moment
        last = self._requests() + kill.share * usual.requests
        return lambda: self._requests() >= last

    def _requests(self) -> int:
        return sum(self.apis.answered(source).total() for source in SOURCES)
