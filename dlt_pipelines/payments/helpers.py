"""What only this API's quirks force: `created` never moves, so events tell what else changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypedDict, cast

import dlt
from msgspec import Raw

from contracts.odcs import Entity
from dlt_pipelines.loading.client import ApiClient, Failing, NotFound, Refused
from dlt_pipelines.loading.extract import EntityLoad, LoadRun, Table, belonging
from dlt_pipelines.loading.landing import Page
from dlt_pipelines.loading.paginators import paginator
from dlt_pipelines.loading.prefetch import ahead
from dlt_pipelines.loading.retries import RETRIED
from dlt_pipelines.payments.settings import CONTRACT, EVENTS, PAGING

_NOT_A_REFUSAL = tuple(status for status in RETRIED if status != 500)

Anchor = tuple[int, str]
"""An event as a place in time: its `created` (epoch seconds) and its id."""


class State(TypedDict, total=False):
    """An entity's dlt resource state: `event` is the newest event whose changes it has seen."""

    cursor: int
    event: Anchor | None


class Change(NamedTuple):
    """An object to read again, or with `list_param` those that a filtered list gives."""

    id: str
    list_param: str


@dataclass
class Changes:
    """What the events of this run say has changed, per entity.

    Only `collecting` keeps them: when every entity is read whole, their number is no bound.
    `absent` when there are none to read: the server lacks them, or this run does not ask.
    """

    collecting: bool = False
    absent: bool = False
    newest: Anchor | None = None
    ids: set[str] = field(default_factory=set)
    changed: dict[str, list[tuple[int, Change]]] = field(default_factory=dict)

    def note(self, event: Any, received: float) -> None:
        """Remembers which objects an event row asks to be read again.

        An event dated after it was `received` (epoch seconds) marks no place in time.
        """
        if event.created <= received:
            self.newest = max(self.newest or (0, ""), (event.created, event.id))
        if not self.collecting:
            return
        self.ids.add(event.id)
        about = event.data.object if event.data else None
        for reread in EVENTS.rereads:
            if about is not None and about.object == reread.object:
                named = getattr(about, reread.id)
                if named:
                    change = Change(named, reread.list_param)
                    self.changed.setdefault(reread.entity, []).append((event.created, change))

    def reach(self, anchor: Anchor | None) -> bool:
        """Whether no event was lost between `anchor` and those that were read."""
        return self.absent or anchor is None or anchor[1] in self.ids

    def since(self, entity: str, anchor: Anchor | None) -> list[Change]:
        """What to read again, each once, in the order of the events."""
        earliest = anchor[0] if anchor else 0
        found = sorted(each for each in self.changed.get(entity, []) if each[0] >= earliest)
        return list(dict.fromkeys(change for _, change in found))


def window_start(reached: int | None, overlap: int, days: int | None) -> int | None:
    """Epoch seconds from which to list, None for everything.

    `reached` is the cursor, `overlap` the seconds to look behind it. `days` sets the first window
    and widens a later one; it never narrows what the cursor asks for.
    """
    lookback = None
    if days is not None:
        lookback = int((datetime.now(UTC) - timedelta(days=days)).timestamp())
    if reached is None:
        return lookback
    overlapped = max(0, reached - overlap)
    return overlapped if lookback is None else min(overlapped, lookback)


@dataclass
class Order:
    """Whether a list comes newest first. One that only might could hide rows behind old ones."""

    last: int | None = None
    falls: bool = False
    rises: bool = False

    def see(self, created: Sequence[int]) -> None:
        """Takes a page's `created` in the order of its rows."""
        for moment in created:
            if self.last is not None:
                self.falls = self.falls or moment < self.last
                self.rises = self.rises or moment > self.last
            self.last = moment

    @property
    def newest_first(self) -> bool:
        return self.falls and not self.rises


class PaymentsWalk:
    """Reads one entity after the other; what events tell passes to the entities after them."""

    def __init__(
        self, client: ApiClient, run: LoadRun, entities: Sequence[Entity], days: int | None
    ) -> None:
        self._client = client
        self._run = run
        self._entities = entities
        self._days = days
        self._changes = Changes(absent=EVENTS not in entities)

    def rows(self, entity: Entity) -> Iterator[Table]:
        """Everything of `entity` that can be new or changed; its state moves when all has come."""
        state = _state(entity)
        since = self._since(entity, state)
        load = self._run.begin(entity, self._client, keep_keys=since is not None)
        load.ledger.cursor_before = load.ledger.cursor_after = state.get("cursor")
        if since is not None and entity is not EVENTS and not self._changes.reach(_anchor(state)):
            load.note("the events no longer reach back to the last run: read whole")
            since = None
        try:
            yield from self._listed(entity, load, since)
        except NotFound:
            if load.ledger.pages:  # the server has it, and lost the row to go on from
                raise
            self._note_absent(entity, load)
        if since is not None and load.ledger.outcome != "absent":
            yield from self._changed(entity, load, _anchor(state))
        yield from load.finish(window={"created_from": since})
        if load.ledger.cursor_after is not None:
            state["cursor"] = load.ledger.cursor_after
            if not self._changes.absent and not self._run.loads[EVENTS.name].ledger.quarantined:
                state["event"] = self._changes.newest

    def _since(self, entity: Entity, state: State) -> int | None:
        """The window's start; that of events reaches back to what each entity has seen of them."""
        since = window_start(state.get("cursor"), _overlap(entity), self._days)
        if entity is not EVENTS:
            return since
        seen = [_state(each) for each in self._entities]
        anchors = [(_anchor(each) or (0, ""))[0] for each in seen if "cursor" in each]
        self._changes.collecting = bool(anchors) or self._days is not None
        if since is None:
            return None
        return max(0, min([since, *(each - _overlap(EVENTS) for each in anchors)]))

    def _listed(self, entity: Entity, load: EntityLoad, since: int | None) -> Iterator[Table]:
        filters = {} if since is None else {PAGING.since_param: since}
        try:
            yield from self._pages(entity, load, filters, since)
        except (Refused, Failing) as error:
            if since is None or load.ledger.pages or error.context.get("status") in _NOT_A_REFUSAL:
                raise
            load.note("the server refuses the created filter: read down to the cursor")
            yield from self._pages(entity, load, {}, since)

    def _pages(
        self, entity: Entity, load: EntityLoad, filters: dict[str, int], since: int | None
    ) -> Iterator[Table]:
        """All pages, or where they prove to come newest first, down to one before the window."""
        order = Order()
        for page, raws in self._list(entity, load, filters):
            created: list[int] = []
            received = page.received_at.timestamp()

            def see(row: Any, created: list[int] = created, received: float = received) -> None:
                if row.created is not None:
                    created.append(row.created)
                if entity is EVENTS:
                    self._changes.note(row, received)

            yield from load.add(page, raws, see)
            order.see(created)
            if since is not None and order.newest_first and max(created, default=since) < since:
                break

    def _changed(self, entity: Entity, load: EntityLoad, anchor: Anchor | None) -> Iterator[Table]:
        """The objects that events name and that the list did not bring."""
        listed = {*load.keys, *load.rejected}
        gone = 0
        for change in self._changes.since(entity.name, anchor):
            if change.list_param:
                yield from self._filtered(entity, load, change)
            elif change.id not in listed:
                try:
                    yield from self._object(entity, load, change.id)
                except NotFound:
                    gone += 1
        if gone:
            load.note(f"{gone} changed objects are gone from the server")

    def _object(self, entity: Entity, load: EntityLoad, object_id: str) -> Iterator[Table]:
        assert entity.endpoint is not None and entity.endpoint.retrieve is not None
        page, raws = self._client.object(entity.endpoint.retrieve.format(id=object_id))
        yield from load.add(page, raws, belonging("id", object_id))

    def _filtered(self, entity: Entity, load: EntityLoad, change: Change) -> Iterator[Table]:
        for page, raws in self._list(entity, load, {change.list_param: change.id}):
            yield from load.add(page, raws, belonging(change.list_param, change.id))

    def _list(
        self, entity: Entity, load: EntityLoad, filters: Mapping[str, object]
    ) -> Iterator[tuple[Page, list[Raw]]]:
        assert entity.endpoint is not None
        paging = paginator(PAGING, CONTRACT.limits.max_records, load.note)
        return ahead(self._client.pages(entity.endpoint.list, dict(filters), paging))

    def _note_absent(self, entity: Entity, load: EntityLoad) -> None:
        load.ledger.outcome = "absent"
        load.note("the server does not have it")
        if entity is EVENTS:
            self._changes.absent = True
            load.note("changes of older objects are not seen")


def _state(entity: Entity) -> State:
    return cast(State, dlt.current.resource_state(entity.name))


def _anchor(state: State) -> Anchor | None:
    event = state.get("event")
    return None if event is None else (event[0], event[1])


def _overlap(entity: Entity) -> int:
    assert entity.cursor is not None
    return entity.cursor.overlap_seconds
