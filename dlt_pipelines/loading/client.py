"""dlt's REST client with coded errors and pages as bytes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import msgspec
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.redaction import sanitize_url
from requests import PreparedRequest, Request, Response
from requests.exceptions import RequestException, Timeout
from urllib3.util import parse_url

from contracts.odcs import Source
from dlt_pipelines import config
from dlt_pipelines.errors import (
    AuthenticationError,
    ConfigurationError,
    ExtractionError,
    RetryError,
)
from dlt_pipelines.loading.breaker import CircuitBreaker
from dlt_pipelines.loading.daemons import DaemonExecutor
from dlt_pipelines.loading.deadlines import RUN_DEADLINE, RunDeadline
from dlt_pipelines.loading.limits import TokenBucket
from dlt_pipelines.loading.page_size import PageSize
from dlt_pipelines.loading.pages import BYTE_ORDER_MARK, excerpt
from dlt_pipelines.loading.parts import Page
from dlt_pipelines.loading.retries import RETRIED, GuardedAdapter, RetryingClient, Tally

_REQUEST_TIMEOUT = "RUNTIME__REQUEST_TIMEOUT"
WORKERS = "BRONZE_API_WORKERS"


class NotFound(ExtractionError):
    """404 or 410: the server has no such entity or object."""


class Forbidden(AuthenticationError):
    """403: the credentials are good, but not for this."""


class Refused(ExtractionError):
    """Another 4xx: the server understood and does not want it."""


class Failing(RetryError):
    """The server answered, but only with errors of its own."""


class ApiClient(RESTClient):
    """One source's server.

    Raises AUTH001 (401, 403), RETRY001 (no answer, or only 408, 429, 5xx, after all attempts) and
    EXT001 (another 4xx, or not JSON); no error carries a secret or a row's values.
    """

    def __init__(
        self,
        source: Source,
        *,
        base_url: str,
        token: str,
        headers: dict[str, str] | None = None,
        workers: int | None = None,
    ) -> None:
        self.source = source
        self._attempts = config.whole_number("RUNTIME__REQUEST_MAX_ATTEMPTS")
        self._seconds = config.number(_REQUEST_TIMEOUT)
        self._run = RunDeadline(config.optional_number(RUN_DEADLINE))
        self.workers = workers or config.whole_number(WORKERS)
        self._filtered: set[str] = set()  # paths of lists that know their filter
        self._slots = threading.BoundedSemaphore(self.workers)
        self.pool = DaemonExecutor(self.workers)
        base_url = _checked(base_url, source)
        self._client = self._retrying(urlsplit(base_url).netloc)
        super().__init__(  # type: ignore[no-untyped-call, unused-ignore]
            base_url=base_url + source.base_path,
            auth=BearerTokenAuth(_header(token, f"the secret of {source.name}")),
            headers={name: _header(value, name) for name, value in (headers or {}).items()},
            session=self._client.session,
            data_selector="$",
        )
        # proxies and certificates, which requests looks up in the environment with each request
        self._settings = self.session.merge_environment_settings(
            self.base_url, {}, None, None, None
        )
        self.session.trust_env = False
        self._template = self.session.prepare_request(self.new_request("", {}))

    def close(self) -> None:
        """Ends what is still asked: it is answered, or runs out of time, and is not asked again."""
        self._run.end()
        self.pool.shutdown(wait=False)

    def _retrying(self, host: str) -> RetryingClient:
        limits = self.source.limits
        rate = config.optional_number("BRONZE_API_RPS") or limits.rate
        self._adapter = GuardedAdapter(
            seconds=self._seconds,
            run=self._run,
            bucket=TokenBucket(rate, limits.burst, self._run),
            breaker=CircuitBreaker(host, self._run),
            is_final=self._is_filter_in_doubt,
        )
        return RetryingClient(host, attempts=self._attempts, adapter=self._adapter, run=self._run)

    def _is_filter_in_doubt(self, url: str) -> bool:
        """Whether a URL asks for the first page of a list that has answered to no filter yet.

        A server that does not know the filter may answer it with 500: asking again is in vain, and
        without the filter it may well answer.
        """
        parts = urlsplit(url)
        if parts.path in self._filtered:
            return False
        asked = parse_qs(parts.query)
        return any(
            (paging.since_param in asked or paging.until_param in asked)
            and paging.after_param not in asked
            for paging in self.source.paging.values()
        )

    def new_request(self, path: str, params: dict[str, str | int]) -> Request:
        """What `fetch` takes: a GET of a path below the source's base path."""
        return self._create_request(
            path_or_url=path, method="GET", params=dict(params), auth=self.auth
        )

    def fetch(self, request: Request, tally: Tally, size: PageSize | None = None) -> Page:
        """The server's answer, if it is a success; at most `workers` are asked for at once.

        A page that stalls is asked for in a smaller `size`, which the request then has. `tally`
        counts what was sent.
        """
        with self._slots:
            return _page(self._send_request(request, tally=tally, size=size))

    def path_of(self, request: Request) -> str:
        """Path and query as they are sent."""
        return str(self._prepared(request).path_url)

    def _prepared(self, request: Request) -> PreparedRequest:
        """As the session prepares it; what all requests have in common is prepared once."""
        prepared = self._template.copy()
        prepared.url = _prepared_url(request.url)
        if request.params:
            joint = "&" if "?" in prepared.url else "?"
            prepared.url += joint + urlencode(request.params)
        return prepared

    def url_of(self, page: Page) -> str:
        """Where a page comes from, for an error to name: without secrets."""
        return sanitize_url(urljoin(self.base_url, page.request))

    def _send_request(
        self, request: Request, *, size: PageSize | None = None, **kwargs: Any
    ) -> Response:
        """The answer, if it is a success; a page that stalls is asked for in a smaller `size`."""
        failure = None
        try:
            prepared = self._prepared(request)
            response = self._client.send(prepared, size=size, **self._settings, **kwargs)
        except RequestException as error:
            failure = error
        if size is not None and size.stalled:
            size.halve()
            size.ask(request)
            return self._send_request(request, size=size, **kwargs)
        if failure is not None:
            raise self._unanswered(request, failure) from None
        self._raise_for_status(response)
        if self._is_filter_in_doubt(response.url):
            self._filtered.add(urlsplit(response.url).path)
        return response

    def _unanswered(self, request: Request, error: RequestException) -> RetryError:
        """Raises RETRY001 itself when it is the run that is out of time."""
        self._run.check()
        context = {"host": urlsplit(request.url).netloc, "attempts": self._attempts}
        if isinstance(error, Timeout):
            return RetryError(
                "the server does not answer within a request's deadline",
                **context,
                deadline=_REQUEST_TIMEOUT,
                seconds=self._seconds,
            )
        return RetryError(
            "the server does not answer: is it up, and the base URL right (`hallmark config`)?",
            **context,
            cause=_cause(error),
        )

    def _raise_for_status(self, response: Response) -> None:
        status = response.status_code
        if status < 400 and not response.is_redirect:
            return
        context: dict[str, Any] = {"status": status, "url": _url(response)}
        if response.is_redirect:
            raise ExtractionError("the server sends elsewhere; check the base URL", **context)
        if status in RETRIED:
            raise Failing("the server keeps failing", attempts=self._attempts, **context)
        if status == 401:
            raise AuthenticationError(
                f"the server does not accept the credentials of {self.source.name};"
                " `hallmark config` says where they come from",
                **context,
            )
        if status == 403:
            raise Forbidden("the credentials do not reach this", **context)
        kind = NotFound if status in (404, 410) else Refused
        raise kind("the server refused", body=excerpt(response.content), **context)


def _cause(error: BaseException) -> str:
    """The system's words for it, which requests and urllib3 wrap: "Connection refused"."""
    inner: object = error
    while isinstance(inner, BaseException):
        if isinstance(inner, OSError) and inner.strerror:
            return f"{type(error).__name__}: {inner.strerror}"
        wrapped = (getattr(inner, "reason", None), *inner.args, inner.__cause__)
        inner = next((each for each in wrapped if isinstance(each, BaseException)), None)
    return type(error).__name__


@lru_cache(maxsize=256)
def _prepared_url(url: str) -> str:
    """As requests prepares it: the pages of a list differ in their parameters alone."""
    prepared = PreparedRequest()
    prepared.prepare_url(url, None)
    return str(prepared.url)


def _checked(base_url: str, source: Source) -> str:
    """Raises CFG001 for a base URL that is none, or that carries more than it should."""
    name = f"SOURCES__{source.name.upper()}__BASE_URL"
    try:
        parts = urlsplit(base_url.strip())
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        parse_url(base_url.strip())
    except ValueError:  # of urllib3 too, whose LocationParseError is one
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
    """The page to land: byte for byte, but for a byte order mark, which no JSON may begin with."""
    body = response.content.removeprefix(BYTE_ORDER_MARK)
    return Page(
        request=response.request.path_url,
        received_at=datetime.now(UTC),
        body=msgspec.Raw(body if body.strip() else b"null"),
    )
