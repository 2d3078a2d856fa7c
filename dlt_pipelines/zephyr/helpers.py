"""What only this API's quirks force: nothing lists all, each entity is reached from its parent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contracts.odcs import Entity
from dlt_pipelines.errors import AuthenticationError, PaginationError
from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.client import ApiClient, Forbidden, NotFound
from dlt_pipelines.loading.deletions import notice_missing
from dlt_pipelines.loading.extract import Check, EntityLoad, LoadRun, Table, belonging
from dlt_pipelines.loading.page_size import rows_a_page
from dlt_pipelines.loading.paginators import paginator
from dlt_pipelines.loading.windows import Extent, Window
from dlt_pipelines.zephyr.settings import CONTRACT

_MOST_NAMED = 20


class ZephyrWalk:
    """Reads each entity whole: the API has no reliable filter for what was updated."""

    def __init__(self, client: ApiClient, run: LoadRun, extent: Extent) -> None:
        self._client = client
        self._run = run
        self._extent = extent

    def rows(self, entity: Entity) -> Iterator[Table]:
        load = self._run.begin(entity, self._client, keep_keys=True)
        owners: dict[Any, Any] = {}
        skipped: dict[Any, Forbidden | NotFound] = {}
        parents = self._parents(entity)
        lists = [self._pages(entity, load, parent) for parent in parents]
        for parent, answer in self._run.draw(lists, self._client.workers):
            if isinstance(answer, Answer):
                check = owned(entity, parent, owners) if entity.parent else None
                yield from load.add(answer, check)
            else:
                skipped[parent] = answer
        if skipped:
            _account_for(entity, load, skipped, of=len(parents))
        yield from load.finish(window=Window())
        if self._extent.whole:
            notice_missing(self._run, entity, skipped)

    def _parents(self, entity: Entity) -> list[Any]:
        """The keys to walk from; a root entity has one nameless parent."""
        if entity.parent is None:
            return [None]
        return list(self._run.loads[entity.parent.entity].keys)

    def _pages(
        self, entity: Entity, load: EntityLoad, parent: Any
    ) -> Iterator[tuple[Any, Answer | Forbidden | NotFound]]:
        """The pages of one parent; last, why the rest of them did not come."""
        assert entity.endpoint is not None and entity.paging is not None
        params = {name: text.format(parent=parent) for name, text in entity.endpoint.params.items()}
        paging = paginator(CONTRACT.paging[entity.paging], rows_a_page(CONTRACT.limits), load.note)
        path = entity.endpoint.list.format(parent=parent)
        try:
            for answer in load.answers.list(path, params, paging):
                yield parent, answer
        except (Forbidden, NotFound) as error:
            may_skip = isinstance(error, NotFound) or entity.on_forbidden == "skip"
            if entity.parent is None or not may_skip:
                raise
            yield parent, error


def _account_for(
    entity: Entity, load: EntityLoad, skipped: Mapping[Any, Forbidden | NotFound], *, of: int
) -> None:
    """Writes to the ledger which parents may not be seen, and which went after they were listed.

    Raises EXT001 when no list has answered: then it is the path that is not there; AUTH001 when
    nothing at all may be seen, which no later check could tell from none.
    """
    assert entity.parent is not None
    above = entity.parent.entity
    gone = {key: error for key, error in skipped.items() if isinstance(error, NotFound)}
    if gone and not load.ledger.pages:
        raise next(iter(gone.values()))
    if len(skipped) - len(gone) == of:
        raise AuthenticationError(
            f"the token may see {entity.name} of none of the {above}: give it access",
            entity=entity.name,
            refused=of,
        )
    load.ledger.outcome = "partial"
    hidden = [key for key in skipped if key not in gone]
    if hidden:
        load.note(f"skipped of {above} (403): {_named(hidden)}")
    if gone:
        load.note(f"gone of {above} (404): {_named(list(gone))}")


def _named(keys: Sequence[Any]) -> str:
    named = ", ".join(map(str, keys[:_MOST_NAMED]))
    more = len(keys) - _MOST_NAMED
    return f"{named} and {more:,} more" if more > 0 else named


def owned(entity: Entity, parent: Any, owners: dict[Any, Any]) -> Check:
    """A check that a row is of the parent asked for, and of no other that was asked before.

    Raises PAGE001.
    """
    assert entity.parent is not None
    belongs = belonging(entity.parent.field, parent)

    def check(rows: Sequence[Any]) -> None:
        belongs(rows)
        for row in rows:
            key = getattr(row, entity.key)
            if owners.setdefault(key, parent) != parent:
                raise PaginationError(
                    f"the same row of {entity.name} came under two parents; nothing was stored",
                    key=key,
                    parents=f"{owners[key]} and {parent}",
                )

    return check
