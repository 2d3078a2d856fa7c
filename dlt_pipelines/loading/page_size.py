"""How many rows a page is asked for."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from requests import Request

from contracts.odcs import Limits
from dlt_pipelines import config

_TIMEOUTS = 2
_SMALLEST_SHARE = 8


def rows_a_page(limits: Limits) -> int:
    """How many rows to ask a server for at once. Raises CFG001."""
    return min(limits.max_records, config.max_page_size() or limits.max_records)


class PageSize:
    """Two timeouts of the same page in a row halve it, at most to an eighth, for the rest of the
    list; `note` is told.

    A server that takes too long over a page may well have the time for a smaller one.
    """

    def __init__(self, param: str, limit: int, note: Callable[[str], None]) -> None:
        self.limit = limit
        self._param = param
        self._smallest = max(1, limit // _SMALLEST_SHARE)
        self._note = note
        self._timeouts = 0

    def ask(self, request: Request) -> None:
        request.params = {**(request.params or {}), self._param: self.limit}

    def adopt(self, request: str) -> None:
        """Goes on with the size that an earlier attempt asked for, in path and query."""
        found = parse_qs(urlsplit(request).query).get(self._param, [""])[0]
        if found.isdigit() and int(found):
            self.limit = int(found)

    def saw(self, *, timeout: bool) -> None:
        """How an attempt ended."""
        self._timeouts = self._timeouts + 1 if timeout else 0

    @property
    def stalled(self) -> bool:
        """Whether a smaller page should be asked for."""
        return self._timeouts >= _TIMEOUTS and self.limit > self._smallest

    def halve(self) -> None:
        self.limit = max(self._smallest, self.limit // 2)
        self._timeouts = 0
        self._note(f"pages timed out: {self.limit} rows a page from there on")
