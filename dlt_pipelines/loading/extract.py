"""One run over one source: decoded pages in, what is new of them out as Arrow tables."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec
import pyarrow as pa

from contracts.diff import Shape
from contracts.odcs import Entity, Source
from dlt_pipelines.errors import DriftError, PaginationError
from dlt_pipelines.loading.answers import Answer, Answers
from dlt_pipelines.loading.batches import Glance, Setup
from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.columns import Columns, arrow_schema
from dlt_pipelines.loading.decode import Decoded, Decoder, Reject
from dlt_pipelines.loading.landing import Bounds, Landing
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.offload import Conveyor, Offload
from dlt_pipelines.loading.pages import PageRows, embedded_rows, parse_page
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.prefetch import Alarm, SideBySide
from dlt_pipelines.loading.quarantine import Action, Quarantined, quarantined, row_id
from dlt_pipelines.loading.retries import Tally
from dlt_pipelines.loading.unchanged import Unchanged

T = TypeVar("T")
BATCH_ROWS = 10_000
_BULK_PAGES = 30
Watch = Callable[[LedgerRow], None]
Check = Callable[[Sequence[Any]], None]


@dataclass
class LoadRun:
    """What one run over one source shares, and what it leaves: ledger and quarantine rows.

    A `replay` reads what other runs have landed.
    """

    source: Source
    run_id: str
    landing: Landing
    tokenizer: Tokenizer
    unchanged: Unchanged
    watch: Watch = lambda row: None
    resumed: bool = False
    replay: bool = False
    day: date = field(default_factory=lambda: datetime.now(UTC).date())
    loads: dict[str, EntityLoad] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    deletions: list[pa.Table] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    at_end: ExitStack = field(default_factory=ExitStack)
    alarm: Alarm = field(default_factory=Alarm)
    offload: Offload = field(default_factory=Offload)

    @property
    def dataset(self) -> str:
        return f"raw_{self.source.name}"

    @property
    def shapes(self) -> dict[str, Shape]:
        """What the rows of each entity look like; what landed once does not say that of today's."""
        if self.replay:
            return {}
        return {name: load.shape for name, load in self.loads.items()}

    @property
    def ledger(self) -> list[LedgerRow]:
        return [load.ledger for load in self.loads.values()]

    def begin(self, entity: Entity, client: ApiClient, *, keep_keys: bool) -> EntityLoad:
        """Starts an entity and what is embedded in it."""
        load = self.account(entity, keep_keys=keep_keys)
        load.land(client)
        return load

    def account(self, entity: Entity, *, keep_keys: bool = False) -> EntityLoad:
        """Takes an entity and what is embedded in it into the ledger; nothing of it lands."""
        load = EntityLoad(self, entity, keep_keys=keep_keys)
        self.loads[entity.name] = load
        for each in self.source.embedded_in(entity.name):
            assert each.embedded is not None
            child = EntityLoad(self, each, keep_keys=keep_keys)
            self.loads[each.name] = child
            load.embedded.append((embedded_rows(each.embedded.at), child))
        return load

    def draw(
        self,
        streams: Sequence[Iterator[T]],
        width: int,
        expected: tuple[type[Exception], ...] = (Exception,),
    ) -> SideBySide[T]:
        """Begins to draw from streams, until the run ends at the latest.

        An error that is none of the `expected` ends the run, whatever else it is waiting for.
        """
        drawing = SideBySide(streams, width, alarm=self.alarm, expected=expected)
        self.at_end.push(drawing.end)
        return drawing


@dataclass(frozen=True)
class Table:
    """A batch of an entity's rows, ready for dlt."""

    entity: Entity
    rows: pa.Table


class EntityLoad:
    """Takes an entity's pages and gives back what is to be stored, in batches.

    The entity ends only when all its pages are in the landing. Memory holds one batch, and the keys
    if asked to.
    """

    answers: Answers

    def __init__(self, run: LoadRun, entity: Entity, *, keep_keys: bool) -> None:
        self.entity = entity
        self.keys: dict[Any, None] = {}
        self.rejected: set[Any] = set()
        self.unreached: set[str] = set()
        self.embedded: list[tuple[Callable[[msgspec.Raw], Iterator[msgspec.Raw]], EntityLoad]] = []
        self.ledger = LedgerRow(source=run.source.name, entity=entity.name, run_id=run.run_id)
        self._run = run
        self._keep_keys = keep_keys
        split = bool(run.source.embedded_in(entity.name))
        self.decoder = Decoder(entity, run.tokenizer, split=split)
        self._columns = Columns(entity, run_id=run.run_id, day=run.day)
        self._landed_by = run.run_id
        self._parts: list[str] = []
        self._tally = Tally()
        self._tables: list[pa.Table] = []
        self._conveyor: Conveyor | None = None
        self._bulk_from = float("inf")
        self._started = time.monotonic()

    def land(self, client: ApiClient) -> None:
        """Opens the entity's partition for what `client` will answer."""
        self._partition = self._run.landing.partition(
            source=self._run.source.name,
            entity=self.entity.name,
            day=self._run.day,
            run_id=self._run.run_id,
            resumed=self._run.resumed,
        )
        self.answers = Answers(client, self.decoder, self._partition)
        self._tally = self.answers.tally

    def of_run(self, run_id: str, day: date) -> Iterator[Table]:
        """From here on the rows are those that another run has landed, and keep its id."""
        for load in (*(child for _, child in self.embedded), self):
            yield from load._flush(1)
            load._landed_by = run_id
            load._columns = Columns(load.entity, run_id=run_id, day=day)

    @property
    def shape(self) -> Shape:
        """What the rows looked like, as far as they were looked at one by one."""
        return self.decoder.observer.shape

    def window(self, fresh: Bounds) -> Bounds:
        """What is asked for: what the run's first attempt decided, unless `fresh` reaches back."""
        return self._partition.window(fresh)

    def add(self, answer: Answer, check: Check | None = None) -> Iterator[Table]:
        """Takes a page; `check` sees its valid rows and raises if one does not belong."""
        self.ledger.pages += 1
        self._parts.append(answer.part.rpartition("/")[2])
        if check is not None:
            check(answer.decoded.rows)
        self._take(answer, answer.decoded)
        for find, child in self.embedded:
            inner = PageRows(row for raw in answer.decoded.raws or () for row in find(raw))
            child._take(answer, child.decoder.rows(inner))
            yield from child._flush(BATCH_ROWS)
        yield from self._flush(BATCH_ROWS)
        self._progress()

    def allow_bulk(self) -> None:
        """From some number of pages on, other processes may decode them: nobody needs the rows."""
        self._bulk_from = _BULK_PAGES

    def end_bulk(self) -> None:
        """From here on somebody needs the rows: this process decodes, and after the others."""
        self._bulk_from = float("inf")
        self.answers.glance = None
        self._collect(everything=True)

    def finish(self, **facts: Any) -> Iterator[Table]:
        """Gives the last batch, closes the partition and checks that the ledger balances."""
        yield from self.settle()
        if self.answers.reused:
            self.note(f"continued: {self.answers.reused} pages had landed before")
        self._partition.finish(self._metadata(facts))

    def settle(self) -> Iterator[Table]:
        """Gives the last batch. Raises QUAL001 or DRIFT001 when it should not be stored."""
        yield from self.drain()
        for load in (*(child for _, child in self.embedded), self):
            load._refuse_mostly_bad()

    def drain(self) -> Iterator[Table]:
        """Gives the last batch and checks that the ledger balances."""
        for _, child in self.embedded:
            yield from child.drain()
        self._collect(everything=True)
        yield from self._flush(1)
        self._progress()
        self.ledger.check()

    def _refuse_mostly_bad(self) -> None:
        """Raises DRIFT001 when so many rows do not fit that the contract is the likelier error."""
        percent, bad = self._run.source.max_bad_percent, self.ledger.quarantined
        if bad * 100 > percent * self.ledger.received:
            raise DriftError(
                f"more than {percent:g} % of the rows do not fit the contract; nothing was stored."
                " `hallmark contracts accept-drift` proposes a contract that they fit",
                entity=self.entity.name,
                received=self.ledger.received,
                unfit=bad,
            )

    def note(self, text: str) -> None:
        self.ledger.note = f"{self.ledger.note}; {text}" if self.ledger.note else text

    def _take(self, answer: Answer, decoded: Decoded) -> None:
        received_at = answer.page.received_at
        self.ledger.received += decoded.received
        self._quarantine(decoded.rejects, answer, decoded.raws)
        if self._keep_keys:
            self.keys.update((getattr(row, self.entity.key), None) for row in decoded.rows)
        self._move_cursor(decoded.rows, int(received_at.timestamp()))
        if decoded.glanced:
            assert self._conveyor is not None
            self._conveyor.add(answer)
        elif decoded.rows:
            self._tables.append(self._columns.table(decoded.rows, received_at))
        self._collect()

    def _collect(self, *, everything: bool = False) -> None:
        """Takes what other processes have decoded; hands lists over to them once they are ready."""
        if self._conveyor is None:
            is_long = self.ledger.pages >= self._bulk_from and self._run.landing.local
            if is_long and self._run.offload.ready():
                setup = Setup(self.entity, self._run.tokenizer.key, self._run.run_id, self._run.day)
                self._conveyor = Conveyor(self._run.offload, setup)
                self.answers.glance = Glance(self.entity).page
            return
        for answers, (done, table) in self._conveyor.take(everything=everything):
            self._tables.append(table)
            self.decoder.observer.see_shape(done.shape)
            for number, reject in done.rejects:
                self._quarantine([reject], answers[number])

    def _move_cursor(self, rows: list[Any], received: int) -> None:
        """Never past the moment of receipt: one row dated ahead must not hide those to come.

        The rows of a replay say nothing of what was asked for before them.
        """
        if self.entity.cursor is None or self._run.replay:
            return
        seen = [getattr(row, self.entity.cursor.field) for row in rows]
        moments = [each for each in seen if each is not None]
        if moments:
            newest = min(max(moments), received)
            self.ledger.cursor_after = max(newest, self.ledger.cursor_after or newest)

    def _flush(self, at_least: int) -> Iterator[Table]:
        if sum(table.num_rows for table in self._tables) < max(1, at_least):
            return
        table, self._tables = pa.concat_tables(self._tables).combine_chunks(), []
        self.decoder.observer.see_columns(table)
        split = self._run.unchanged.split(
            table, dataset=self._run.dataset, table=self.entity.name, key=self.entity.key
        )
        self.ledger.deduplicated += split.deduplicated
        self.ledger.unchanged += split.unchanged
        self.ledger.loaded += split.table.num_rows
        if split.table.num_rows:
            yield Table(self.entity, split.table)

    def _quarantine(
        self, rejects: list[Reject], answer: Answer, raws: PageRows | None = None
    ) -> None:
        """Records rows that do not fit; without `raws` the page is split for them."""
        if not rejects:
            return
        self.ledger.quarantined += len(rejects)
        self.rejected.update(reject.key for reject in rejects)
        rows = raws or parse_page(bytes(answer.page.body), answer.page.request)
        self._run.quarantined.extend(
            quarantined(
                self.entity,
                reject,
                row_id=row_id(rows[reject.index], self._run.tokenizer),
                run_id=self._landed_by,
                landing_file=answer.part,
                seen_at=answer.page.received_at,
            )
            for reject in rejects
        )

    def _progress(self) -> None:
        self.ledger.requests = self._tally.requests
        self.ledger.seconds = time.monotonic() - self._started
        self._run.watch(self.ledger)

    def _metadata(self, facts: dict[str, Any]) -> dict[str, Any]:
        return {
            "source": self._run.source.name,
            "entity": self.entity.name,
            "run_id": self._run.run_id,
            "dt": self._run.day,
            "record_count": self.ledger.received,
            "cursor_before": self.ledger.cursor_before,
            "cursor_after": self.ledger.cursor_after,
            "contract_version": self.entity.version,
            "parts": self._parts,
            "schema_hash": _schema_hash(self.shape),
            **facts,
        }


def _schema_hash(shape: Shape) -> str:
    """Changes when the payload's fields or their kinds do."""
    kinds = {path: sorted(seen.kinds) for path, seen in sorted(shape.fields.items())}
    return hashlib.sha256(msgspec.json.encode(kinds)).hexdigest()


def belonging(field: str, asked: Any) -> Check:
    """A check that rows are what was asked for: servers ignore filters that they do not know.

    Raises PAGE001, so that rows a filter should have kept out never become facts.
    """

    def check(rows: Sequence[Any]) -> None:
        for row in rows:
            if getattr(row, field) != asked:
                raise PaginationError(
                    "the server answered with rows that were not asked for",
                    field=field,
                    asked=asked,
                    got=getattr(row, field),
                )

    return check


def empty_table(entity: Entity) -> pa.Table:
    """No rows, all columns: a contracted raw table exists even when nothing came."""
    return arrow_schema(entity).empty_table()
