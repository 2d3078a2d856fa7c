"""dlt resources: entities as the sources emit them, and what a run records of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import dlt
import msgspec
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema
from dlt.extract import DltResource
from msgspec import inspect

from contracts.odcs import Entity
from dlt_pipelines.loading.extract import LoadRun, Table, empty_table
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.quarantine import Action, Quarantined
from dlt_pipelines.loading.state import CursorMove, MoveReason

_STRING, _UTC = pa.string(), pa.timestamp("us", tz="UTC")
_ARROW = {
    inspect.StrType: _STRING,
    inspect.LiteralType: _STRING,
    inspect.IntType: pa.int64(),
    inspect.FloatType: pa.float64(),
    inspect.DateTimeType: _UTC,
}


def _schema(record: type[msgspec.Struct]) -> pa.Schema:
    """The fields of a record as columns, all of them nullable."""
    about = inspect.type_info(record)
    assert isinstance(about, inspect.StructType)
    return pa.schema([(field.encode_name, _arrow(field.type)) for field in about.fields])


def _arrow(type_: inspect.Type) -> pa.DataType:
    named = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    return next(_ARROW[type(each)] for each in named if not isinstance(each, inspect.NoneType))


LEDGER = _schema(LedgerRow)
QUARANTINE = _schema(Quarantined)
QUARANTINE_ACTIONS = _schema(Action)
CURSOR_HISTORY = _schema(CursorMove)
DELETIONS = pa.schema(
    [("entity", _STRING), ("key", _STRING), ("noticed_at", _UTC), ("run_id", _STRING)]
)
RECORDS = {
    "_ledger": LEDGER,
    "_quarantine": QUARANTINE,
    "_quarantine_actions": QUARANTINE_ACTIONS,
    "_deletions": DELETIONS,
    "_cursor_history": CURSOR_HISTORY,
}


def entity_resource(
    entity: Entity, rows: Callable[[], Iterable[Table]], embedded: Sequence[Entity] = ()
) -> DltResource:
    """The append-only resource of an entity; `embedded` entities become tables of their own."""

    def tables() -> Iterator[Any]:
        for each in (entity, *embedded):
            yield _item(Table(each, empty_table(each)), alone=not embedded)
        for table in rows():
            yield _item(table, alone=not embedded)

    # Columns of the resource would be columns of the embedded entities' tables too.
    columns = [] if embedded else _columns(entity)
    return dlt.resource(tables, name=entity.name, write_disposition="append", columns=columns)


def _item(table: Table, *, alone: bool) -> Any:
    if alone:
        return table.rows
    hints = dlt.mark.make_hints(
        table_name=table.entity.name, columns=_columns(table.entity), write_disposition="append"
    )
    return dlt.mark.with_hints(table.rows, hints, create_table_variant=True)


def _columns(entity: Entity) -> list[TColumnSchema]:
    """What Arrow cannot say: which of its strings are JSON."""
    return [{"name": name, "data_type": "json"} for name in json_columns(entity)]


def json_columns(entity: Entity) -> list[str]:
    """Objects and arrays; of those that are PII only a token is stored."""
    nested = ("object", "array")
    return [field.name for field in entity.fields if field.type in nested and not field.pii]


def record_resources(run: LoadRun | None) -> list[DltResource]:
    """What a run records of itself: last, so in the same load as its rows."""

    def ledger() -> Iterator[pa.Table]:
        yield _table(run.ledger if run else [], LEDGER)

    def quarantine() -> Iterator[pa.Table]:
        yield _table(run.quarantined if run else [], QUARANTINE)

    def deletions() -> Iterator[pa.Table]:
        yield pa.concat_tables([DELETIONS.empty_table(), *(run.deletions if run else [])])

    def moved() -> Iterator[CursorMove]:
        rows = run.ledger if run else []
        reason: MoveReason = "replay" if run and run.replay else "load"
        return (_move(row, reason) for row in rows if row.cursor_after != row.cursor_before)

    resources = {"_ledger": ledger, "_quarantine": quarantine, "_deletions": deletions}
    return [
        *(
            dlt.resource(rows, name=name, write_disposition="append")
            for name, rows in resources.items()
        ),
        actions_resource(lambda: run.actions if run else []),
        cursor_history_resource(moved),
    ]


def actions_resource(taken: Callable[[], Sequence[Action]]) -> DltResource:
    """`_quarantine_actions`: what was done is asked for when dlt comes to the resource."""

    def quarantine_actions() -> Iterator[pa.Table]:
        yield _table(taken(), QUARANTINE_ACTIONS)

    return dlt.resource(quarantine_actions, name="_quarantine_actions", write_disposition="append")


def cursor_history_resource(moved: Callable[[], Iterable[CursorMove]]) -> DltResource:
    """`_cursor_history`: the moves are asked for when dlt comes to the resource."""

    def cursor_history() -> Iterator[pa.Table]:
        yield _table(list(moved()), CURSOR_HISTORY)

    return dlt.resource(cursor_history, name="_cursor_history", write_disposition="append")


def _move(row: LedgerRow, reason: MoveReason) -> CursorMove:
    return CursorMove(
        run_id=row.run_id,
        entity=row.entity,
        cursor_before=row.cursor_before,
        cursor_after=row.cursor_after,
        moved_at=datetime.now(UTC),
        reason=reason,
    )


def _table(rows: Sequence[msgspec.Struct], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([msgspec.structs.asdict(row) for row in rows], schema)
