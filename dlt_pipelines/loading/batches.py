"""Pages in, one Arrow table out: the work that a batch is, in this process or in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from contracts.diff import Shape
from contracts.odcs import Entity
from dlt_pipelines.loading.columns import Columns
from dlt_pipelines.loading.decode import Decoded, Decoder, Reject
from dlt_pipelines.loading.pages import UNDECODABLE
from dlt_pipelines.loading.parts import read_own_page
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.shapes import Observer


class Setup(msgspec.Struct, frozen=True, tag=True):
    """What the pages of an entity in a run are decoded with."""

    entity: Entity
    pii_key: bytes
    run_id: str
    day: date


class Batch(msgspec.Struct, frozen=True, tag=True):
    """Landed pages of the entity of the setup of that number, as paths of their files."""

    setup: int
    parts: list[str]


class Done(msgspec.Struct, frozen=True):
    """What a batch holds beside its table: rejected rows by the number of their page, the shape."""

    rejects: list[tuple[int, Reject]]
    shape: Shape


class BatchDecoder:
    """Decodes batches of one entity."""

    def __init__(self, setup: Setup) -> None:
        self._decoder = Decoder(setup.entity, Tokenizer(setup.pii_key))
        self._columns = Columns(setup.entity, run_id=setup.run_id, day=setup.day)

    def decode(self, batch: Batch) -> tuple[Done, pa.Table]:
        """Each page has been found to be a list before."""
        tables = [self._columns.schema.empty_table()]
        rejects: list[tuple[int, Reject]] = []
        self._decoder.observer = Observer(self._decoder.entity)
        for number, part in enumerate(batch.parts):
            landed = read_own_page(Path(part).read_bytes())
            page = self._decoder.page(bytes(landed.body), landed.request)
            if page.rows:
                tables.append(self._columns.table(page.rows, landed.received_at))
            rejects.extend((number, each) for each in page.rejects)
        table = pa.concat_tables(tables).combine_chunks()
        return Done(rejects, self._decoder.observer.shape), table


class Glance:
    """Reads of a page what its list needs to go on: keys, the cursor's moments, whether more come.

    A page that it cannot read has to be decoded as a whole.
    """

    def __init__(self, entity: Entity) -> None:
        self._key = entity.key
        fields: Sequence[Any] = [(entity.key, str)]
        if entity.cursor is not None:
            fields = [*fields, (entity.cursor.field, int)]
        row = msgspec.defstruct("Row", fields, gc=False)
        self._page = msgspec.json.Decoder(
            msgspec.defstruct("Page", [("data", list[row]), ("has_more", bool | None, None)])  # type: ignore[valid-type]
        )

    def page(self, body: bytes) -> Decoded | None:
        """Rows of key and cursor alone, none of them checked."""
        try:
            found: Any = self._page.decode(body)
        except UNDECODABLE:
            return None
        return Decoded(
            rows=found.data,
            rejects=[],
            more=found.has_more,
            total=None,
            key=self._key,
            glanced=True,
        )
