"""One run over one source: pages in, landed and decoded and compared, Arrow tables out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import msgspec
import pyarrow as pa

from contracts.odcs import Entity, Source
from dlt_pipelines.errors import PaginationError
from dlt_pipelines.loading.decode import (
    Decoder,
    Reject,
    Rows,
    arrow_schema,
    embedded_rows,
    key_reader,
)
from dlt_pipelines.loading.landing import Landing, Page
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.unchanged import Unchanged

BATCH_ROWS = 10_000
Watch = Callable[[LedgerRow], None]


class Requests(Protocol):
    """What knows how many requests were sent so far."""

    @property
    def requests(self) -> int: ...


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A row that does not fit its contract: a reference into the landing, never the payload."""

    run_id: str
    entity: str
    landing_file: str
    landing_row: int
    json_path: str
    reason: str
    contract_version: str
    seen_at: datetime


@dataclass
class LoadRun:
    """What one run over one source shares, and what it leaves: ledger and quarantine rows."""

    source: Source
    run_id: str
    landing: Landing
    tokenizer: Tokenizer
    unchanged: Unchanged
    watch: Watch = lambda row: None
    day: date = field(default_factory=lambda: datetime.now(UTC).date())
    loads: dict[str, EntityLoad] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)

    @property
    def dataset(self) -> str:
        return f"raw_{self.source.name}"

    @property
    def ledger(self) -> list[LedgerRow]:
        return [load.ledger for load in self.loads.values()]

    def begin(self, entity: Entity, client: Requests, *, keep_keys: bool) -> EntityLoad:
        """Starts an entity and what is embedded in it."""
        load = EntityLoad(self, entity, client, keep_keys=keep_keys)
        self.loads[entity.name] = load
        for each in self.source.embedded_in(entity.name):
            assert each.embedded is not None
            child = self.begin(each, client, keep_keys=keep_keys)
            load.embedded.append((embedded_rows(each.embedded.at), child))
        return load


@dataclass(frozen=True)
class Table:
    """A batch of an entity's rows, ready for dlt."""

    entity: Entity
    rows: pa.Table


class EntityLoad:
    """Takes an entity's pages and gives back what is to be stored, in batches.

    A page goes to the landing before it is looked at, and the entity ends only when all its pages
    are there. Memory holds one batch, and the keys if asked to.
    """

    def __init__(self, run: LoadRun, entity: Entity, client: Requests, *, keep_keys: bool) -> None:
        self.entity = entity
        self._keep_keys = keep_keys
        self.keys: list[Any] = []
        self.rejected: set[Any] = set()
        self._read_key = key_reader(entity.key)
        self.embedded: list[tuple[Callable[[msgspec.Raw], Iterator[msgspec.Raw]], EntityLoad]] = []
        self.ledger = LedgerRow(source=run.source.name, entity=entity.name, run_id=run.run_id)
        self._run = run
        self._client = client
        self._decoder = Decoder(entity, run.tokenizer)
        self._batch = Rows([], [])
        self._started = time.monotonic()
        self._requests_before = client.requests
        self._partition = run.landing.partition(
            source=run.source.name, entity=entity.name, day=run.day, run_id=run.run_id
        )

    def add(
        self, page: Page, raws: list[msgspec.Raw], check: Callable[[Any], None] | None = None
    ) -> Iterator[Table]:
        """Lands and decodes a page; `check` sees each valid row, raises if it does not belong."""
        part = self._partition.write(page, raws)
        self.ledger.pages += 1
        self._take(page, raws, f"{self._partition.path}/{part}", check)
        for find, child in self.embedded:
            inner = [row for raw in raws for row in find(raw)]
            child._take(page, inner, f"{self._partition.path}/{part}", None)
            yield from child._flush(BATCH_ROWS)
        yield from self._flush(BATCH_ROWS)
        self._progress()

    def finish(self, **facts: Any) -> Iterator[Table]:
        """Gives the last batch, closes the partition and checks that the ledger balances."""
        for _, child in self.embedded:
            yield from child.finish()
        yield from self._flush(1)
        self._progress()
        self.ledger.check()
        if self.entity.embedded is None:
            self._partition.finish(self._metadata(facts))

    def note(self, text: str) -> None:
        self.ledger.note = f"{self.ledger.note}; {text}" if self.ledger.note else text

    def _take(
        self,
        page: Page,
        raws: list[msgspec.Raw],
        landed: str,
        check: Callable[[Any], None] | None,
    ) -> None:
        rows, rejects = self._decoder.decode(raws)
        if check is not None:
            for row in rows:
                check(row)
        self.ledger.received += len(raws)
        self.ledger.quarantined += len(rejects)
        self._quarantine(rejects, landed, page.received_at)
        if self._keep_keys:
            self.keys.extend(getattr(row, self.entity.key) for row in rows)
            self.rejected.update(self._read_key(raws[each.index]) for each in rejects)
        self._batch.rows.extend(rows)
        self._batch.received_at.extend([page.received_at] * len(rows))
        self._move_cursor(rows, int(page.received_at.timestamp()))

    def _move_cursor(self, rows: list[Any], received: int) -> None:
        """Never past the moment of receipt: one row dated ahead must not hide those to come."""
        if self.entity.cursor is None:
            return
        seen = [getattr(row, self.entity.cursor.field) for row in rows]
        newest = max((min(each, received) for each in seen if each is not None), default=None)
        if newest is not None:
            self.ledger.cursor_after = max(newest, self.ledger.cursor_after or newest)

    def _flush(self, at_least: int) -> Iterator[Table]:
        if len(self._batch.rows) < at_least:
            return
        batch, self._batch = self._batch, Rows([], [])
        table = self._decoder.to_arrow(batch, run_id=self._run.run_id, day=self._run.day)
        split = self._run.unchanged.split(
            table, dataset=self._run.dataset, table=self.entity.name, key=self.entity.key
        )
        self.ledger.deduplicated += split.deduplicated
        self.ledger.unchanged += split.unchanged
        self.ledger.loaded += split.table.num_rows
        if split.table.num_rows:
            yield Table(self.entity, split.table)

    def _quarantine(self, rejects: list[Reject], landed: str, seen_at: datetime) -> None:
        self._run.quarantined.extend(
            Quarantined(
                run_id=self._run.run_id,
                entity=self.entity.name,
                landing_file=landed,
                landing_row=reject.index,
                json_path=reject.path,
                reason=reject.reason,
                contract_version=self.entity.version,
                seen_at=seen_at,
            )
            for reject in rejects
        )

    def _progress(self) -> None:
        if self.entity.embedded is None:
            self.ledger.requests = self._client.requests - self._requests_before
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
            **facts,
        }


def belonging(field: str, asked: Any) -> Callable[[Any], None]:
    """A check that rows are what was asked for: servers ignore filters that they do not know.

    Raises PAGE001, so that rows a filter should have kept out never become facts.
    """

    def check(row: Any) -> None:
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
