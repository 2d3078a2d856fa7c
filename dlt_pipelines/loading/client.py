"""dlt's REST client with a rate limit, coded errors and pages as bytes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from dlt.common.jsonpath import TJsonPath
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from dlt.sources.helpers.rest_client.redaction import sanitize_url
from requests import PreparedRequest, Request, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException

from contracts.odcs import Limits, Source
from dlt_pipelines import config
from dlt_pipelines.errors import (
    AuthenticationError,
    ConfigurationError,
    ExtractionError,
    RetryError,
)
from dlt_pipelines.loading.landing import Page
from dlt_pipelines.loading.pages import PageRows, excerpt, parse_page

RETRIED = (408, 429, *range(500, 600))
_MAX_WAIT_SECONDS = 60


class NotFound(ExtractionError):
    """404 or 410: the server has no such entity or object."""


class Forbidden(AuthenticationError):
    """403: the credentials are good, but not for this."""


class Refused(ExtractionError):
    """Another 4xx: the server understood and does not want it."""


class Failing(RetryError):
    """The server answered, but only with errors of its own."""


class TokenBucket:
    """Lets `rate` requests per second through on average, `burst` at once. Thread-safe."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._tokens, self._at = self._burst, time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Waits until the next request may go."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - 1
            self._at = now
            wait = -self._tokens / self._rate
        if wait > 0:
            time.sleep(wait)


class _LimitedAdapter(HTTPAdapter):
    """Counts and limits every attempt, retries included."""

    def __init__(self, bucket: TokenBucket) -> None:
        super().__init__(pool_maxsize=8)
        self.bucket = bucket
        self.requests = 0

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self.bucket.take()
        self.requests += 1
        return super().send(request, *args, **kwargs)


class _RetryingClient(Client):
    """dlt's retrying client over the limited adapter.

    A 500 is not asked again where `is_final` says so of its URL.
    """

    def __init__(self, limits: Limits, attempts: int, is_final: Callable[[str], bool]) -> None:
        def failed(response: Response | None, _: BaseException | None) -> bool:
            return (
                response is not None and response.status_code == 500 and not is_final(response.url)
            )

        super().__init__(
            request_timeout=config.number("RUNTIME__REQUEST_TIMEOUT"),
            request_max_attempts=attempts,
            request_backoff_factor=config.number("RUNTIME__REQUEST_BACKOFF_FACTOR"),
            request_max_retry_delay=_MAX_WAIT_SECONDS,
            status_codes=[status for status in RETRIED if status != 500],
            retry_condition=failed,
            raise_for_status=False,
        )
        rate = config.number("BRONZE_API_RPS") if config.text("BRONZE_API_RPS") else limits.rate
        self._adapter = self.limited = _LimitedAdapter(TokenBucket(rate, limits.burst))


class ApiClient(RESTClient):
    """One source's server.

    Raises AUTH001 (401, 403), RETRY001 (no answer, or only 408, 429, 5xx, after all attempts) and
    EXT001 (another 4xx, or not JSON); no error carries a secret or a row's values.
    """

    def __init__(
        self, source: Source, *, base_url: str, token: str, headers: dict[str, str] | None = None
    ) -> None:
        self._source = source
        self._attempts = config.whole_number("RUNTIME__REQUEST_MAX_ATTEMPTS")
        self._client = _RetryingClient(source.limits, self._attempts, self._is_first_filtered)
        super().__init__(  # type: ignore[no-untyped-call, unused-ignore]
            base_url=_checked(base_url, source) + source.base_path,
            auth=BearerTokenAuth(_header(token, f"the secret of {source.name}")),
            headers={name: _header(value, name) for name, value in (headers or {}).items()},
            session=self._client.session,
            data_selector="$",
        )

    def _is_first_filtered(self, url: str) -> bool:
        """Whether a URL asks for the first page of a filtered list.

        A server that does not know the filter may answer it with 500: asking again is in vain, and
        without the filter it may well answer.
        """
        asked = parse_qs(urlsplit(url).query)
        return any(
            paging.since_param in asked and paging.after_param not in asked
            for paging in self._source.paging.values()
            if paging.since_param
        )

    @property
    def requests(self) -> int:
        """Requests sent so far, retries included."""
        return self._client.limited.requests

    def pages(
        self, path: str, params: dict[str, Any], paginator: BasePaginator
    ) -> Iterator[tuple[Page, list[msgspec.Raw]]]:
        """A list endpoint's pages, with their rows, in the server's order."""
        hooks: dict[str, Any] = {"response": []}  # dlt's own raises before a retry could help
        for data in self.paginate(path, params=params, paginator=paginator, hooks=hooks):
            yield _page(data.response), data

    def object(self, path: str) -> tuple[Page, list[msgspec.Raw]]:
        """One object by its own path. Raises `NotFound` when it is gone."""
        response = self.get(path)
        return _page(response), parse_page(response.content, _url(response), single=True)

    def extract_response(self, response: Response, data_selector: TJsonPath) -> PageRows:
        return parse_page(response.content, _url(response))

    def _send_request(self, request: Request, **kwargs: Any) -> Response:
        try:
            response = super()._send_request(request, allow_redirects=False, **kwargs)
        except RequestException as error:
            host = urlsplit(request.url).netloc
            raise RetryError(
                "the server does not answer",
                host=host,
                attempts=self._attempts,
                cause=type(error).__name__,
            ) from None
        self._raise_for_status(response)
        return response

    def _raise_for_status(self, response: Response) -> None:
        status = response.status_code
        context: dict[str, Any] = {"status": status, "url": _url(response)}
        if response.is_redirect:
            raise ExtractionError("the server sends elsewhere; check the base URL", **context)
        if status < 400:
            return
        if status in RETRIED:
            raise Failing("the server keeps failing", attempts=self._attempts, **context)
        if status == 401:
            raise AuthenticationError(
                f"the server does not accept the credentials of {self._source.name};"
                " `hallmark config` says where they come from",
                **context,
            )
        if status == 403:
            raise Forbidden("the credentials do not reach this", **context)
        kind = NotFound if status in (404, 410) else Refused
        raise kind("the server refused", body=excerpt(response.content), **context)


def _checked(base_url: str, source: Source) -> str:
    """Raises CFG001 for a base URL that is none, or that carries more than it should."""
    name = f"SOURCES__{source.name.upper()}__BASE_URL"
    try:
        parts = urlsplit(base_url.strip())
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError(f"{name} must be a http(s) URL")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must hold no credentials, query or fragment")
    if parts.path.rstrip("/").endswith(source.root):
        raise ConfigurationError(f"{name} must be given without {source.root}")
    return base_url.strip().rstrip("/")


def _header(value: str, name: str) -> str:
    """Raises CFG001 for a value that no header can carry, without repeating it."""
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError(f"{name} has a character that no HTTP header can carry")
    return value


def _url(response: Response) -> str:
    return sanitize_url(response.url)


def _page(response: Response) -> Page:
    return Page(
        request=response.request.path_url,
        received_at=datetime.now(UTC),
        body=msgspec.Raw(response.content if response.content.strip() else b"null"),
    )
