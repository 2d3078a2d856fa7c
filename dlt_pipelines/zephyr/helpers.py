"""What only this API's quirks force: nothing lists all, each entity is reached from its parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contracts.odcs import Entity
from dlt_pipelines.loading.client import ApiClient, Forbidden
from dlt_pipelines.loading.extract import EntityLoad, LoadRun, Table, belonging
from dlt_pipelines.loading.paginators import paginator
from dlt_pipelines.zephyr.settings import CONTRACT


class ZephyrWalk:
    """Reads each entity whole: the API has no reliable filter for what was updated."""

    def __init__(self, client: ApiClient, run: LoadRun) -> None:
        self._client = client
        self._run = run

    def rows(self, entity: Entity) -> Iterator[Table]:
        load = self._run.begin(entity, self._client, keep_keys=True)
        for parent in self._parents(entity):
            try:
                yield from self._pages(entity, load, parent)
            except Forbidden:
                if entity.on_forbidden != "skip" or entity.parent is None:
                    raise
                load.ledger.outcome = "partial"
                load.note(f"skipped of {entity.parent.entity} (403): {parent}")
        yield from load.finish()

    def _parents(self, entity: Entity) -> list[Any]:
        """The keys to walk from, in the order they came; a root entity has one nameless parent."""
        if entity.parent is None:
            return [None]
        return list(dict.fromkeys(self._run.loads[entity.parent.entity].keys))

    def _pages(self, entity: Entity, load: EntityLoad, parent: Any) -> Iterator[Table]:
        assert entity.endpoint is not None and entity.paging is not None
        params = {name: text.format(parent=parent) for name, text in entity.endpoint.params.items()}
        paging = paginator(CONTRACT.paging[entity.paging], CONTRACT.limits.max_records, load.note)
        path = entity.endpoint.list.format(parent=parent)
        check = belonging(entity.parent.field, parent) if entity.parent else None
        for page, raws in self._client.pages(path, params, paging):
            yield from load.add(page, raws, check)
