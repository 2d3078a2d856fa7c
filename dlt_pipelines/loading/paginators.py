"""dlt paginators that take their parameters from the contract and notice a server in circles."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from dlt.sources.helpers.rest_client.paginators import BasePaginator, SinglePagePaginator
from requests import Request, Response

from contracts.odcs import Paging
from dlt_pipelines.errors import ExtractionError, PaginationError
from dlt_pipelines.loading.decode import Decoded
from dlt_pipelines.loading.page_size import PageSize
from dlt_pipelines.signals.logs import LOGGER

_MOST_RESTARTS = 2
Note = Callable[[str], None]
_log = logging.getLogger(LOGGER)


def paginator(paging: Paging, limit: int, note: Note = _log.warning) -> BasePaginator:
    """The paginator of a contract's paging, asking for `limit` rows a page.

    `note` is told when it goes on with fewer because pages timed out.
    """
    kinds = {"cursor": CursorPaginator, "offset": OffsetPaginator}
    kind = kinds.get(paging.type)
    return kind(paging, limit, note) if kind else SinglePagePaginator()


class WatchfulPaginator(BasePaginator):
    """Remembers each page by its digest; a page that comes back is PAGE001, not an endless loop."""

    def __init__(self, paging: Paging, limit: int, note: Note) -> None:
        super().__init__()
        self.paging = paging
        self.size = PageSize(paging.limit_param, limit, note)
        self._digests: set[int] = set()

    def init_request(self, request: Request) -> None:
        self.size.ask(request)

    def update_state(self, response: Response, data: Any = None) -> None:
        assert isinstance(data, Decoded)
        if not data.received:
            self._has_next_page = False
            self._check_empty(data, response.request.path_url)
            return
        digest = data.digest()
        if digest in self._digests:
            raise PaginationError(
                "the server sent a page again; nothing of this run was stored",
                path=response.request.path_url,
                page=len(self._digests) + 1,
            )
        self._digests.add(digest)
        self._advance(data)

    def _check_empty(self, page: Decoded, path: str | None) -> None:
        """An empty page ends a list; raises where it cannot be one."""

    def _advance(self, page: Decoded) -> None:
        raise NotImplementedError


class CursorPaginator(WatchfulPaginator):
    """Asks for what comes after the last row of the page before, while the envelope says more."""

    def __init__(self, paging: Paging, limit: int, note: Note) -> None:
        super().__init__(paging, limit, note)
        self._after = ""

    def _check_empty(self, page: Decoded, path: str | None) -> None:
        if page.more is None:
            raise ExtractionError("the answer is empty and no list", path=path)
        if page.more:
            raise PaginationError("the server sent no row and says that more come", path=path)

    def _advance(self, page: Decoded) -> None:
        if page.more is None:  # to stop here could leave the rest of the list out, unseen
            raise ExtractionError("the answer does not say whether more rows come: no has_more")
        self._has_next_page = page.more
        if not page.more:
            return
        after = page.last(self.paging.after_field)
        if not isinstance(after, str):
            raise ExtractionError(f"a row has no {self.paging.after_field!r} to go on from")
        if after == self._after:  # other rows may have changed, the place in the list has not
            raise PaginationError(
                "the server sent a page again; nothing of this run was stored", after=after
            )
        self._after = after

    def update_request(self, request: Request) -> None:
        request.params = {**request.params, self.paging.after_param: self._after}


class OffsetPaginator(WatchfulPaginator):
    """Asks for the rows behind those it has, until a page is empty.

    A short page may be the server's own limit and `resultSize` may be 0 although rows are there:
    only both together, a short page and a size that is reached, save the last request.
    """

    def __init__(self, paging: Paging, limit: int, note: Note) -> None:
        super().__init__(paging, limit, note)
        self._note = note
        self._offset = 0
        self._total = 0
        self._longest = 0
        self._has_shrunk = False
        self._restarts = 0

    def init_request(self, request: Request) -> None:
        super().init_request(request)
        request.params[self.paging.offset_param] = 0

    def _advance(self, page: Decoded) -> None:
        limit = self.size.limit  # the one that this page was asked with
        self._offset += min(page.received, limit)  # a page too long holds rows of the next
        self._total = page.total if page.total and page.received >= limit else 0
        self._has_shrunk = 0 < (page.total or 0) < self._longest
        if page.total and page.total > self._offset:  # else it may be no more than the page's size
            self._longest = page.total
        complete = bool(page.total) and self._offset >= (page.total or 0)
        self._has_next_page = page.received >= limit or not complete

    def foreseen(self, count: int) -> list[dict[str, int]]:
        """The parameters of the next pages, as far as the envelope says that there are rows."""
        stop = min(self._total, self._offset + count * self.size.limit)
        offsets = range(self._offset, stop, self.size.limit)
        return [{self.paging.offset_param: offset} for offset in offsets]

    def must_restart(self) -> bool:
        """Whether the list got shorter while it was read: rows that moved up were passed over."""
        if not self._has_shrunk:
            return False
        self._restarts += 1
        if self._restarts == _MOST_RESTARTS + 1:
            self._note("the list gets shorter while it is read: the next load has what is missing")
        return self._restarts <= _MOST_RESTARTS

    def restart(self, request: Request) -> None:
        """Goes back to the first page."""
        self._has_next_page = True
        self._longest = 0
        self._offset = 0
        self._digests.clear()
        self.init_request(request)

    def update_request(self, request: Request) -> None:
        request.params = {**request.params, self.paging.offset_param: self._offset}
