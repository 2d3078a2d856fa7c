"""The pages of one entity: from the landing where an earlier attempt left them, else fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import PreparedRequest, Request, Response

from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.decode import Decoded, Decoder
from dlt_pipelines.loading.foreseen import Foreseen
from dlt_pipelines.loading.landing import Partition
from dlt_pipelines.loading.page_size import PageSize
from dlt_pipelines.loading.paginators import OffsetPaginator, WatchfulPaginator
from dlt_pipelines.loading.parts import Page
from dlt_pipelines.loading.retries import Tally


@dataclass(frozen=True)
class Answer:
    """A decoded page and the file that holds it; `landed` when an earlier attempt fetched it."""

    part: str
    page: Page
    decoded: Decoded
    landed: bool


class Answers:
    """Asks for an entity's pages; each is landed before anything is made of it. Thread-safe.

    With a `glance`, lists are only looked at, and decoded elsewhere. `reused` counts the pages that
    an earlier attempt of the run had landed, `tally` the requests.
    """

    def __init__(self, client: ApiClient, decoder: Decoder, partition: Partition) -> None:
        self._client = client
        self._decoder = decoder
        self._partition = partition
        self._sizes = {each.limit_param for each in client.source.paging.values()}
        self._landed = {self._asked(path): name for path, name in partition.landed.items()}
        self.glance: Callable[[bytes], Decoded | None] | None = None
        self.reused = 0
        self.tally = Tally()

    def list(self, path: str, params: dict[str, Any], paginator: BasePaginator) -> Iterator[Answer]:
        """A list endpoint's pages in the server's order."""
        request = self._client.new_request(path, params)
        paginator.init_request(request)
        size = _size(paginator)
        offsets = paginator if isinstance(paginator, OffsetPaginator) else None
        with Foreseen(self.get, self._client.pool) as foreseen:
            while paginator.has_next_page:
                answer = foreseen.take(request) or self.get(request, size)
                if answer.landed and size is not None:
                    size.adopt(answer.page.request)
                    size.ask(request)
                asked = dict(request.params)
                yield answer
                paginator.update_state(_about(answer.page), answer.decoded)  # type: ignore[arg-type]
                restarts = offsets is not None and offsets.must_restart()
                if not restarts:
                    if not paginator.has_next_page:
                        return
                    paginator.update_request(request)
                if offsets is None:
                    continue
                if restarts or self._has_moved(request, asked, answer):
                    self._landed.clear()
                    foreseen.forget()
                    offsets.restart(request)
                foreseen.expect(request, offsets.foreseen(self._client.workers))

    def object(self, path: str) -> Answer:
        """One object by its own path. Raises `NotFound` when it is gone."""
        return self.get(self._client.new_request(path, {}), single=True)

    def get(
        self, request: Request, size: PageSize | None = None, *, single: bool = False
    ) -> Answer:
        """The answer to one request, the rows of which `size` limits."""
        part = self._find(request)
        if part is None:
            page = self._client.fetch(request, self.tally, size)
            decoded = self._decode(page, single)
            part = self._partition.write(page)
            return Answer(self._partition.path(part), page, decoded, landed=False)
        self.reused += 1
        page = self._partition.read(part)
        return Answer(self._partition.path(part), page, self._decode(page, single), landed=True)

    def _decode(self, page: Page, single: bool = False) -> Decoded:
        body = bytes(page.body)
        glanced = self.glance(body) if self.glance and not single else None
        return glanced or self._decoder.page(body, self._client.url_of(page), single=single)

    def _has_moved(self, request: Request, asked: dict[str, Any], last: Answer) -> bool:
        """Whether the server's list is another than the one whose `last` page had landed.

        Offsets count from the start: what was added or deleted since moves all rows behind it. So
        the last landed page is asked for again, and if it differs, nothing landed is used any more.
        """
        if not last.landed or self._find(request):
            return False
        again = self._client.new_request(request.url, asked)
        now = self._decode(self._client.fetch(again, self.tally))
        return now.digest() != last.decoded.digest()

    def _find(self, request: Request) -> str | None:
        if not self._landed:
            return None
        return self._landed.get(self._asked(self._client.path_of(request)))

    def _asked(self, path: str) -> str:
        """What a request asks for, however many rows a page it allows (but for a single one)."""
        parts = urlsplit(path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        kept = [pair for pair in query if pair[0] not in self._sizes or pair[1] == "1"]
        return f"{parts.path}?{urlencode(kept)}"


def _size(paginator: BasePaginator) -> PageSize | None:
    return paginator.size if isinstance(paginator, WatchfulPaginator) else None


def _about(page: Page) -> Response:
    """A response as paginators take one: ours ask it only for what was asked."""
    response = Response()
    response.request = PreparedRequest()
    response.request.url = page.request
    return response
