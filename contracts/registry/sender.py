"""Sends what is in the outbox, in the background, until it is taken or has failed for good."""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import RowMapping

from contracts.registry import deliveries, idempotency
from contracts.registry.errors import Unavailable
from contracts.registry.posting import TOTAL_SECONDS, PostError, post
from contracts.registry.services import Services
from contracts.registry.shapes.subscriptions import Attempt

_SIDE_BY_SIDE = 4
_POLL_SECONDS = 1.0
_LONGEST = timedelta(hours=1)
_LEASE = timedelta(seconds=4 * TOTAL_SECONDS)
_PURGE_SECONDS = 600


class Sender:
    """A thread that looks for due deliveries, and a few that post them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopped = threading.Event()
        self._slots = threading.Semaphore(_SIDE_BY_SIDE)
        self._posts = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="deliveries")
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def __enter__(self) -> Sender:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._services.wake.set()
        self._thread.join(timeout=_POLL_SECONDS * 5)
        self._posts.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        purged = 0.0
        while not self._stopped.is_set():
            self._services.wake.clear()
            try:
                if time.monotonic() - purged > _PURGE_SECONDS:
                    self._services.database.write("idempotency.purge", idempotency.purge)
                    purged = time.monotonic()
                busy = self._send_due()
            except Unavailable:
                busy = False
            except Exception as error:
                self._failed("delivery.sender_failed", "", error)
                busy = False
            if not busy:
                self._services.wake.wait(_POLL_SECONDS)

    def _send_due(self) -> bool:
        """Starts what is due; whether there may be more."""
        with self._services.database.read("delivery.due") as connection:
            found = deliveries.due(connection, _SIDE_BY_SIDE)
        for row in found:
            self._slots.acquire()
            if self._stopped.is_set() or not self._claimed(row):
                self._slots.release()
                continue
            self._posts.submit(self._send, row)
        return bool(found)

    def _claimed(self, row: RowMapping) -> bool:
        return self._services.database.write(
            "delivery.claim", lambda connection: deliveries.claim(connection, row, _LEASE)
        )

    def _send(self, row: RowMapping) -> None:
        try:
            self._settle(row, *self._attempted(row))
        except Exception as error:
            self._failed("delivery.not_recorded", row["correlation_id"], error)
        finally:
            self._slots.release()
            self._services.wake.set()

    def _attempted(self, row: RowMapping) -> tuple[Attempt, bool]:
        """One attempt, and whether there is no point in another."""
        started, began = datetime.now(UTC), time.perf_counter()
        status, error = None, None
        ended = row["deleted_at"] is not None
        if ended:
            error = "the subscription has ended"
        else:
            try:
                status = post(
                    row["callback_url"],
                    row["body"],
                    row["secret"],
                    row["correlation_id"],
                    self._services.settings.callback_networks,
                )
                error = None if 200 <= status < 300 else f"it answered {status}"
            except PostError as problem:
                error = str(problem)
        attempt = Attempt(
            number=row["attempts"] + 1,
            started_at=started,
            duration_ms=round((time.perf_counter() - began) * 1000, 2),
            status_code=status,
            error=error,
        )
        return attempt, ended

    def _settle(self, row: RowMapping, attempt: Attempt, ended: bool) -> None:
        most = self._services.settings.delivery_attempts
        if attempt.error is None:
            status = "delivered"
        else:
            status = "failed" if ended or attempt.number >= most else "pending"
        following = datetime.now(UTC) + self._pause(attempt.number)
        self._services.database.write(
            "delivery.settle",
            lambda connection: deliveries.settle(
                connection,
                row["delivery_id"],
                attempt,
                status=status,
                next_attempt_at=following,
            ),
        )
        result = "delivered" if attempt.error is None else "failed"
        self._services.metrics.deliveries.labels(result).inc()
        facts = {"delivery_id": row["delivery_id"], "attempt": attempt.number, "status": status}
        self._services.log(
            logging.INFO if attempt.error is None else logging.WARNING,
            "dcr.delivery.attempted",
            facts | ({"error": attempt.error} if attempt.error else {}),
            correlation_id=row["correlation_id"],
        )

    def _pause(self, number: int) -> timedelta:
        """Doubled with each attempt, at most an hour, and a random part of it less."""
        seconds = self._services.settings.backoff * 2 ** min(number - 1, 30)
        return min(timedelta(seconds=seconds), _LONGEST) * random.uniform(0.5, 1)  # noqa: S311

    def _failed(self, event: str, correlation_id: str, error: Exception) -> None:
        facts = {"error": type(error).__name__}
        self._services.log(logging.ERROR, event, facts, correlation_id=correlation_id, error=error)
