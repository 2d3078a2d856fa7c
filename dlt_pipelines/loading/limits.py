"""How often a server is asked."""

from __future__ import annotations

import threading

from dlt_pipelines.loading.deadlines import RunDeadline


class TokenBucket:
    """Lets `rate` requests per second through on average, `burst` at once. Thread-safe."""

    def __init__(self, rate: float, burst: int, run: RunDeadline) -> None:
        self._rate, self._burst = rate, float(burst)
        self._run = run
        self._tokens, self._at = self._burst, run.now()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Waits until the next request may go. Raises RETRY001 when the run may not wait."""
        with self._lock:
            now = self._run.now()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - 1
            self._at = now
            wait = -self._tokens / self._rate
        if wait > 0:
            self._run.sleep(wait, "for the rate limit")
