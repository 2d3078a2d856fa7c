"""Keeps requests from a server that only fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from dlt_pipelines.errors import RetryError
from dlt_pipelines.loading.deadlines import RUN_DEADLINE, RunDeadline

T = TypeVar("T")
FAILURES = 5
OPEN_SECONDS = 30.0
_PROBE_POLL_SECONDS = 0.1


class CircuitBreaker:
    """Five failures in a row open it for 30 seconds; then one request goes ahead as a probe.

    The probe's success closes it, its failure opens it again. A request that was sent before it
    opened no longer counts. One per server, thread-safe.
    """

    def __init__(self, host: str, run: RunDeadline) -> None:
        self._host = host
        self._run = run
        self._lock = threading.Lock()
        self._failures = 0
        self._openings = 0
        self._until = 0.0
        self._probing = False

    def call(self, send: Callable[[], T], has_failed: Callable[[T], bool]) -> T:
        """What `send` returns; an error that it raises is a failure.

        Waits while open. Raises RETRY001 when that is longer than the run may take.
        """
        opening = self._enter()
        failed = True
        try:
            answer = send()
            failed = has_failed(answer)
        finally:
            self._record(opening, failed)
        return answer

    def _enter(self) -> int:
        """Waits until a request may go; returns how often the circuit had opened by then."""
        wait, openings = self._ask()
        while wait:
            if wait >= self._run.left:
                until = datetime.now(UTC) + timedelta(seconds=wait)
                raise RetryError(
                    "circuit open: the server has only failed",
                    host=self._host,
                    until=until.isoformat(timespec="seconds"),
                    deadline=RUN_DEADLINE,
                )
            self._run.sleep(wait, f"because {self._host} has only failed (circuit open)")
            wait, openings = self._ask()
        return openings

    def _ask(self) -> tuple[float, int]:
        """Seconds to wait, 0 when the circuit is closed or this is the probe; and the openings."""
        with self._lock:
            wait = 0.0
            if self._failures >= FAILURES:
                left = max(0.0, self._until - self._run.now())
                wait = _PROBE_POLL_SECONDS if self._probing else left
                self._probing = not left
            return wait, self._openings

    def _record(self, opening: int, failed: bool) -> None:
        with self._lock:
            if opening != self._openings:
                return
            self._probing = False
            self._failures = self._failures + 1 if failed else 0
            if self._failures >= FAILURES:
                self._openings += 1
                self._until = self._run.now() + OPEN_SECONDS
