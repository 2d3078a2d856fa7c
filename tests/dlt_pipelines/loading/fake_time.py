"""Time that passes only when something waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dlt_pipelines.loading.deadlines import RunDeadline


@dataclass
class FakeTime:
    now: float = 100.0
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds
        self.on_sleep()

    def run(self, seconds: float | None = None) -> RunDeadline:
        """A run by this time, with so many seconds until its deadline."""
        return RunDeadline(seconds, clock=lambda: self.now, sleep=self.sleep)
