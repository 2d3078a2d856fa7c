"""The first page of each entity: what a load would meet, without one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.diff import Shape
from contracts.odcs import Entity, Source
from dlt_pipelines.loading.client import ApiClient, Failing, Forbidden, NotFound, Refused
from dlt_pipelines.loading.decode import Decoded, Decoder
from dlt_pipelines.loading.page_size import rows_a_page
from dlt_pipelines.loading.pages import PageRows, embedded_rows
from dlt_pipelines.loading.paginators import paginator
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.retries import Tally
from dlt_pipelines.loading.shapes import Observer
from dlt_pipelines.loading.windows import Window

_INTERNAL_ERROR = 500


@dataclass(frozen=True)
class Sample:
    """A page of an entity, what its rows look like, and what is to be known about how it came."""

    entity: Entity
    page: Decoded
    shape: Shape
    note: str = ""


Samples = dict[str, Sample | str]
"""By entity; a text says why there is none."""


def sample(
    source: Source, client: ApiClient, entities: Sequence[Entity], windows: Mapping[str, Window]
) -> Samples:
    """The first page of each entity, in load order; of those with a parent, under one parent.

    Nothing is kept of them: PII becomes tokens of a key that is thrown away.
    """
    sampler = _Sampler(source, client)
    for entity in entities:
        if entity.embedded is None:
            sampler.take(entity, windows.get(entity.name, Window()))
    return sampler.samples


class _Sampler:
    def __init__(self, source: Source, client: ApiClient) -> None:
        self.samples: Samples = {}
        self._source = source
        self._client = client
        self._tokens = Tokenizer(secrets.token_bytes(32))

    def take(self, entity: Entity, window: Window) -> None:
        """Samples an entity and what is embedded in it."""
        taken = self._under_a_parent(entity) if entity.parent else self._windowed(entity, window)
        self.samples[entity.name] = taken
        for each in self._source.embedded_in(entity.name):
            assert each.embedded is not None
            if isinstance(taken, str):
                self.samples[each.name] = taken
                continue
            find = embedded_rows(each.embedded.at)
            rows = PageRows(row for raw in taken.page.raws or () for row in find(raw))
            self.samples[each.name] = self._sample(each, self._decoder(each).rows(rows))

    def _under_a_parent(self, entity: Entity) -> Sample | str:
        """Under the first parent that may be seen."""
        assert entity.parent is not None
        above = self.samples[entity.parent.entity]
        if isinstance(above, str):
            return above
        for parent in above.page.rows:
            try:
                return self._page(entity, {}, getattr(parent, above.entity.key))
            except Forbidden:
                if entity.on_forbidden != "skip":
                    raise
        return f"no {above.entity.name} to sample from"

    def _windowed(self, entity: Entity, window: Window) -> Sample | str:
        try:
            return self._filtered(entity, window)
        except NotFound:
            return "the server does not have it"

    def _filtered(self, entity: Entity, window: Window) -> Sample:
        """Without the filter where the server refuses it."""
        try:
            return self._page(entity, window.params(self._source.paging[_paging(entity)]))
        except NotFound:
            raise
        except (Refused, Failing) as error:
            status = error.context.get("status")
            if not window.filters or (isinstance(error, Failing) and status != _INTERNAL_ERROR):
                raise
        return self._page(entity, {}, note="the server refuses the created filter")

    def _page(
        self, entity: Entity, filters: Mapping[str, Any], parent: Any = None, note: str = ""
    ) -> Sample:
        assert entity.endpoint is not None
        params = {name: text.format(parent=parent) for name, text in entity.endpoint.params.items()}
        path = entity.endpoint.list.format(parent=parent)
        request = self._client.new_request(path, {**params, **filters})
        paging = self._source.paging[_paging(entity)]
        paginator(paging, rows_a_page(self._source.limits)).init_request(request)
        page = self._client.fetch(request, Tally())
        decoded = self._decoder(entity).page(bytes(page.body), page.request)
        return self._sample(entity, decoded, note)

    def _decoder(self, entity: Entity) -> Decoder:
        return Decoder(entity, self._tokens, split=True)

    def _sample(self, entity: Entity, page: Decoded, note: str = "") -> Sample:
        observer = Observer(entity)
        for raw in page.raws or ():
            observer.see(raw)
        return Sample(entity, page, observer.shape, note)


def _paging(entity: Entity) -> str:
    assert entity.paging is not None
    return entity.paging
