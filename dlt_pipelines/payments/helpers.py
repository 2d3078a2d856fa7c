"""What only this API's quirks force: `created` never moves, so events tell what else changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypedDict, cast

import dlt

from contracts.odcs import Entity
from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.client import ApiClient, Failing, NotFound, Refused
from dlt_pipelines.loading.deletions import notice_gone, notice_missing
from dlt_pipelines.loading.extract import EntityLoad, LoadRun, Table, belonging
from dlt_pipelines.loading.page_size import rows_a_page
from dlt_pipelines.loading.paginators import paginator
from dlt_pipelines.loading.prefetch import SideBySide
from dlt_pipelines.loading.retries import RETRIED
from dlt_pipelines.loading.windows import Extent, Found, Order, SplitList, Window
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


@dataclass
class Listing:
    """An entity's list under way: begun before its turn, so that its first pages are there."""

    load: EntityLoad
    window: Window
    pages: SideBySide[Found]


class PaymentsWalk:
    """Reads one entity after the other; what events tell passes to the entities after them."""

    def __init__(
        self, client: ApiClient, run: LoadRun, entities: Sequence[Entity], extent: Extent
    ) -> None:
        self._client = client
        self._run = run
        self._entities = entities
        self._extent = extent
        self._changes = Changes(absent=EVENTS not in entities or extent.window is not None)
        self._listings: dict[str, Listing] = {}

    def rows(self, entity: Entity) -> Iterator[Table]:
        """Everything of `entity` that can be new or changed; its state moves when all has come."""
        self._begin_some(entity)
        state = _state(entity)
        listing = self._listings[entity.name]
        load = listing.load
        try:
            yield from self._listed(entity, listing)
        except NotFound:
            if load.ledger.pages:  # the server has it, and lost the row to go on from
                raise
            self._note_absent(entity, load)
        if listing.window.since is not None and load.ledger.outcome != "absent":
            yield from self._changed(entity, load, _anchor(state))
        if self._extent.window is not None:
            load.ledger.cursor_after = load.ledger.cursor_before
        reached = self._reached(state, load)
        yield from load.finish(window=listing.window, state_before=state, state_after=reached)
        if self._extent.whole and entity is not EVENTS:  # those the server forgets after a month
            notice_missing(self._run, entity)
        state.update(reached)

    def _reached(self, state: State, load: EntityLoad) -> State:
        """The entity's state once what has come is stored; a backfill leaves it as it was."""
        reached = state.copy()
        if load.ledger.cursor_after is not None and self._extent.window is None:
            reached["cursor"] = load.ledger.cursor_after
            if not self._changes.absent and not self._run.loads[EVENTS.name].ledger.quarantined:
                reached["event"] = self._changes.newest
        return reached

    def _begin_some(self, entity: Entity) -> None:
        """Begins the entity's list and some after it; events alone, for the others ask them."""
        if entity is EVENTS:
            self._begin(entity)
            return
        position = self._entities.index(entity)
        for each in self._entities[position : position + self._client.workers]:
            if each.name not in self._listings:
                self._begin(each)

    def _begin(self, entity: Entity) -> None:
        state = _state(entity)
        since = self._since(entity, state)
        load = self._run.begin(entity, self._client, keep_keys=since is not None)
        if entity is not EVENTS:
            load.allow_bulk()
        load.ledger.cursor_before = load.ledger.cursor_after = state.get("cursor")
        if since is not None and entity is not EVENTS and not self._changes.reach(_anchor(state)):
            load.note("the events no longer reach back to the last run: read whole")
            since = None
        until = self._extent.window.until if self._extent.window else None
        kept = load.window({"since": since, "until": until})
        window = Window(kept["since"], kept["until"])
        assert entity.cursor is not None
        pages = SplitList(
            partial(self._ask, entity, load),
            PAGING,
            entity.cursor.field,
            self._run.draw,
            self._client.workers,
        ).pages(window)
        drawn = self._run.draw([pages], 1, (NotFound, Refused, Failing))
        self._listings[entity.name] = Listing(load, window, drawn)

    def _since(self, entity: Entity, state: State) -> int | None:
        """The window's start; that of events reaches back to what each entity has seen of them."""
        since = self._extent.since(state.get("cursor"), overlap(entity))
        if entity is not EVENTS:
            return since
        seen = [_state(each) for each in self._entities]
        anchors = [(_anchor(each) or (0, ""))[0] for each in seen if "cursor" in each]
        self._changes.collecting = bool(anchors) or self._extent.days is not None
        return events_since(since, anchors)

    def _listed(self, entity: Entity, listing: Listing) -> Iterator[Table]:
        load, window = listing.load, listing.window
        try:
            for answer, part in listing.pages:
                yield from load.add(answer, partial(self._see, entity, answer, part))
        except (Refused, Failing) as error:
            if not window.filters or load.ledger.pages:
                raise
            if error.context.get("status") in _NOT_A_REFUSAL:
                raise
            load.note("the server refuses the created filter: read down to the cursor")
            yield from self._unfiltered(entity, listing)

    def _unfiltered(self, entity: Entity, listing: Listing) -> Iterator[Table]:
        """All pages, or where they prove to come newest first, down to one before the window."""
        order, since = Order(), listing.window.since
        pages = self._ask(entity, listing.load, {}, None)
        for answer in self._run.draw([pages], 1):
            yield from listing.load.add(answer, partial(self._see, entity, answer, Window()))
            created = _moments(answer.decoded.rows)
            order.see(created)
            if since is not None and order.newest_first and max(created, default=since) < since:
                break

    def _see(self, entity: Entity, answer: Answer, window: Window, rows: Sequence[Any]) -> None:
        window.check(_moments(rows), entity=entity.name)
        if entity is EVENTS:
            for row in rows:
                self._changes.note(row, answer.page.received_at.timestamp())

    def _ask(
        self, entity: Entity, load: EntityLoad, filters: Mapping[str, object], limit: int | None
    ) -> Iterator[Answer]:
        assert entity.endpoint is not None
        paging = paginator(PAGING, limit or rows_a_page(CONTRACT.limits), load.note)
        return load.answers.list(entity.endpoint.list, dict(filters), paging)

    def _changed(self, entity: Entity, load: EntityLoad, anchor: Anchor | None) -> Iterator[Table]:
        """The objects that events name and that the list did not bring."""
        listed = {*load.keys, *load.rejected}
        found = self._changes.since(entity.name, anchor)
        again = [each for each in found if each.list_param or each.id not in listed]
        load.end_bulk()
        streams = [self._again(entity, load, change) for change in again]
        gone: list[str] = []
        for change, answer in self._run.draw(streams, self._client.workers):
            if answer is None:
                gone.append(change.id)
                continue
            yield from load.add(answer, belonging(change.list_param or "id", change.id))
        if gone:
            load.note(f"{len(gone)} changed objects are gone from the server")
            notice_gone(self._run, entity, gone)

    def _again(
        self, entity: Entity, load: EntityLoad, change: Change
    ) -> Iterator[tuple[Change, Answer | None]]:
        """The pages that tell a change, None when the object is gone, or what its list hung on."""
        assert entity.endpoint is not None
        try:
            if change.list_param:
                for answer in self._ask(entity, load, {change.list_param: change.id}, None):
                    yield change, answer
                return
            assert entity.endpoint.retrieve is not None
            yield change, load.answers.object(entity.endpoint.retrieve.format(id=change.id))
        except NotFound:
            yield change, None

    def _note_absent(self, entity: Entity, load: EntityLoad) -> None:
        load.ledger.outcome = "absent"
        load.note("the server does not have it")
        if entity is EVENTS:
            self._changes.absent = True
            load.note("changes of older objects are not seen")


def _moments(rows: Sequence[Any]) -> list[int]:
    """When rows were created, of those that say so: a deleted customer does not."""
    return [row.created for row in rows if row.created is not None]


def _state(entity: Entity) -> State:
    return cast(State, dlt.current.resource_state(entity.name))


def _anchor(state: State) -> Anchor | None:
    event = state.get("event")
    return None if event is None else (event[0], event[1])


def events_since(since: int | None, anchors: Sequence[int]) -> int | None:
    """From when to list events: also those after what each entity has seen (epoch seconds)."""
    if since is None:
        return None
    return max(0, min([since, *(each - overlap(EVENTS) for each in anchors)]))


def overlap(entity: Entity) -> int:
    """The seconds to look behind the cursor."""
    assert entity.cursor is not None
    return entity.cursor.overlap_seconds
