"""The time that a load may take, and all waiting on its way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from dlt_pipelines.errors import RetryError
from dlt_pipelines.signals.logs import LOGGER

RUN_DEADLINE = "RUNTIME__RUN_DEADLINE"
_LONG_SECONDS = 5.0
_log = logging.getLogger(LOGGER)


class RunDeadline:
    """The clock of one load: what waits for the server waits here, and no longer than the run may.

    `seconds` count from its creation, None is no deadline.
    """

    def __init__(
        self,
        seconds: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.now = clock
        self._sleep = sleep
        self._seconds = seconds
        self._until = float("inf") if seconds is None else clock() + seconds

    @property
    def left(self) -> float:
        """Seconds; not above 0 when it has passed, infinite when there is none."""
        return self._until - self.now()

    def check(self) -> None:
        """Raises RETRY001 when it has passed."""
        if self.left <= 0:
            raise RetryError("the run's deadline has passed", **self._facts)

    def end(self) -> None:
        """The run has ended, so that its time is over."""
        self._until = float("-inf")

    def sleep(self, seconds: float, why: str) -> None:
        """Waits, and says so when it takes long. Raises RETRY001 if the run may not."""
        if seconds >= self.left:
            raise RetryError(
                f"the run's deadline does not allow {seconds:.1f} s {why}", **self._facts
            )
        if seconds > _LONG_SECONDS:
            _log.warning("waiting %.0f s %s", seconds, why)
        self._sleep(seconds)

    @property
    def _facts(self) -> dict[str, object]:
        return {"deadline": RUN_DEADLINE, "seconds": self._seconds}
