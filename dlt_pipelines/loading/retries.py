"""dlt's retrying client, within a rate limit, deadlines and a circuit breaker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from dlt.sources.helpers.requests import Client, Session
from dlt.sources.helpers.requests.retry import wait_exponential_retry_after
from requests import PreparedRequest, Response
from requests.exceptions import ConnectionError, ReadTimeout, Timeout
from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_random_exponential
from urllib3 import Timeout as TotalTimeout
from urllib3.exceptions import ReadTimeoutError

from dlt_pipelines import config
from dlt_pipelines.loading.breaker import CircuitBreaker
from dlt_pipelines.loading.deadlines import RunDeadline
from dlt_pipelines.loading.limits import TokenBucket
from dlt_pipelines.loading.page_size import PageSize
from dlt_pipelines.loading.timed_http import TimedAdapter

RETRIED = (408, 429, *range(500, 600))
_GATEWAY_TIMEOUT = 504
_MAX_WAIT_SECONDS = 60
_CONNECTIONS = 8
_CHUNK_BYTES = 1 << 20

IsFinal = Callable[[str], bool]


class _Wait(wait_exponential_retry_after, wait_random_exponential):
    """As long as Retry-After says, up to a minute; without it exponential, with full jitter."""

    def _parse_retry_after(self, retry_after: str) -> float | None:
        try:
            return super()._parse_retry_after(retry_after)
        except (ValueError, OverflowError):  # a number or a date beyond all calendars
            return None


class Tally:
    """Counts requests, retries included. Thread-safe."""

    def __init__(self) -> None:
        self.requests = 0
        self._lock = threading.Lock()

    def add(self) -> None:
        with self._lock:
            self.requests += 1


class GuardedAdapter(TimedAdapter):
    """Sends a request once, body included, when limit, circuit and deadline let it."""

    def __init__(
        self,
        *,
        seconds: float,
        run: RunDeadline,
        bucket: TokenBucket,
        breaker: CircuitBreaker,
        is_final: IsFinal,
    ) -> None:
        super().__init__(pool_maxsize=_CONNECTIONS)
        self._seconds = seconds
        self._run = run
        self._bucket = bucket
        self._breaker = breaker
        self._is_final = is_final

    def send(  # type: ignore[override]
        self,
        request: PreparedRequest,
        *args: Any,
        tally: Tally,
        size: PageSize | None = None,
        **kwargs: Any,
    ) -> Response:
        """`tally` counts each attempt, `size` is told of each timeout of its page."""
        attempt = partial(self._attempt, request, tally, *args, **kwargs)
        is_timeout = False
        try:
            response = self._breaker.call(attempt, self.has_failed)
            is_timeout = response.status_code == _GATEWAY_TIMEOUT
        except Timeout:
            is_timeout = True
            raise
        finally:
            if size is not None:
                size.saw(timeout=is_timeout)
        return response

    def has_failed(self, response: Response) -> bool:
        """Whether the server failed, other than by refusing what it does not know."""
        status = response.status_code
        return status >= 500 and not (status == 500 and self._is_final(response.url))

    def _attempt(
        self, request: PreparedRequest, tally: Tally, *args: Any, **kwargs: Any
    ) -> Response:
        self._bucket.take()
        self._run.check()
        tally.add()
        kwargs["timeout"] = TotalTimeout(total=min(self._seconds, self._run.left))
        try:
            response = super().send(request, *args, **kwargs)
            # read here, where a failure still counts, and not in the 10 KiB steps of requests
            response._content = b"".join(response.iter_content(_CHUNK_BYTES))
        except ConnectionError as error:
            if error.args and isinstance(error.args[0], ReadTimeoutError):  # while the body came
                raise ReadTimeout(*error.args, request=request) from error
            raise
        return response


class RetryingClient(Client):
    """Asks again after network errors, 408, 429 and 5xx, never after another 4xx.

    A 500 is final where `is_final` says so of its URL, and a page that has stalled is not asked for
    again in the same size.
    """

    def __init__(
        self, host: str, *, attempts: int, adapter: GuardedAdapter, run: RunDeadline
    ) -> None:
        super().__init__(
            status_codes=[status for status in RETRIED if status < 500],
            retry_condition=lambda response, _: (
                response is not None and adapter.has_failed(response)
            ),
            raise_for_status=False,
        )
        self._adapter = adapter
        self._strategy: dict[str, Any] = {
            "wait": _Wait(
                multiplier=config.number("RUNTIME__REQUEST_BACKOFF_FACTOR"), max=_MAX_WAIT_SECONDS
            ),
            "stop": lambda state: stop_after_attempt(attempts)(state) or _has_stalled(state),
            "sleep": partial(run.sleep, why=f"before {host} is asked again"),
        }

    def _make_session(self) -> Session:
        """dlt's session, whose retries are taken over; no redirect or cookie is looked at.

        Its own wrapper shares a dictionary between the threads that send.
        """
        session = super()._make_session()
        retrying: Retrying = session.send.retry.copy(**self._strategy)  # type: ignore[attr-defined]
        self.send: Callable[..., Response] = partial(retrying, self._adapter.send)
        return session


def _has_stalled(state: RetryCallState) -> bool:
    size: PageSize | None = state.kwargs.get("size")
    return size is not None and size.stalled
