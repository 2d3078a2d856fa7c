"""Finds the rows that say nothing new: the newest stored version of their key is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Split:
    """What is left of a batch: the rows to store, and how many were not worth storing and why."""

    table: pa.Table
    deduplicated: int
    unchanged: int


class Unchanged:
    """An anti-join of each batch against the hash of its keys' versions, in this run and in raw.

    A row is compared with the version that was the newest when it was received: a replay brings
    rows that later ones have followed. From the first batch on the warehouse is attached read-only,
    and let go at the end, before dlt writes to it. What this run has seen is kept as two 64-bit
    hashes and a time per row, so that memory hardly grows with the data.
    """

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse
        # a batch is small: waking further threads costs more than they save
        self._connection = duckdb.connect(config={"threads": 1})
        self._ready: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def split(self, batch: pa.Table, *, dataset: str, table: str, key: str) -> Split:
        """Drops from `batch` each row whose hash equals the version of its key that came before.

        What was deleted in between came back: it is kept, be it as it was.
        """
        seen = self._seen(table)
        stored = self._stored(dataset, table, key)
        rows = pa.array(range(batch.num_rows), pa.int64())
        columns = [key, "_payload_sha256", "_extracted_at"]
        compared = batch.select(columns).rename_columns(["key", "payload", "received_at"])
        self._connection.register("arriving", compared.append_column("row", rows))
        self._connection.execute(_HASHED)
        verdicts = self._connection.execute(
            _VERDICTS.format(seen=seen, stored=stored)
        ).to_arrow_table()
        self._connection.execute(_REMEMBER.format(seen=seen))
        self._connection.unregister("arriving")
        if not verdicts.num_rows:
            return Split(batch, 0, 0)
        known = verdicts.column("known").to_pylist()
        dropped = pc.is_in(rows, value_set=verdicts.column("row").combine_chunks())
        return Split(batch.filter(pc.invert(dropped)), known.count("run"), known.count("raw"))

    def ask(self, sql: str, values: Mapping[str, object], *, table: str) -> pa.Table:
        """A query over `warehouse`; `{seen}` in it are the hashed keys this run had of a table."""
        found = self._connection.execute(sql.format(seen=self._seen(table)), values)
        return found.to_arrow_table()

    def _seen(self, table: str) -> str:
        name = f'"seen {table}"'
        if not self._ready and self._warehouse.exists():
            path = str(self._warehouse).replace("'", "''")
            self._connection.execute(f"attach '{path}' as warehouse (read_only)")
        if name not in self._ready:
            self._connection.execute(
                f"create table {name} (key ubigint, payload ubigint, received_at timestamptz)"
            )
            self._ready.add(name)
        return name

    def _stored(self, dataset: str, table: str, key: str) -> str:
        """SQL for the stored version before each row of the batch."""
        if not self._has_rows(dataset, table):
            return _NOTHING
        deleted = "false"
        if self._has_rows(dataset, "_deletions"):
            deleted = _DELETED.format(dataset=dataset, table=table, key=key)
        return _STORED.format(relation=f'warehouse."{dataset}"."{table}"', key=key, deleted=deleted)

    def _has_rows(self, dataset: str, table: str) -> bool:
        return self._connection.execute(_HAS_ROWS, [dataset, table]).fetchone() is not None


_HAS_ROWS = """
select 1 from duckdb_tables()
where database_name = 'warehouse' and schema_name = ? and table_name = ? and estimated_size > 0
"""

_HASHED = """
create or replace temp table batch as
select
    row,
    key,
    hash(key) as key_hash,
    hash(payload) as payload,
    received_at,
    lag(hash(payload)) over (partition by key order by row) as earlier
from arriving
"""

_NOTHING = """
select null::bigint as row, null::ubigint as payload, null::timestamptz as received_at where false
"""

# Of all rows only the key is read. Between versions of one time it decides as Silver does.
_STORED = """
select
    batch.row,
    arg_max(
        hash(raw._payload_sha256), (raw._extracted_at, raw._dlt_load_id, raw._payload_sha256)
    ) as payload,
    max(raw._extracted_at) as received_at
from batch
inner join (
    from {relation} where rowid in (
        select rowid from {relation} where "{key}" in (select key from batch)
    )
) as raw on batch.key = raw."{key}" and batch.received_at >= raw._extracted_at
where not {deleted}
group by all
"""

_DELETED = """exists (
    select 1 from warehouse."{dataset}"._deletions as gone
    where gone.entity = '{table}' and gone.key = cast(raw."{key}" as varchar)
        and gone.noticed_at >= raw._extracted_at
        and gone.noticed_at < batch.received_at
)"""

_VERDICTS = """
with
stored as ({stored}),
compared as (
    select
        batch.row,
        batch.payload,
        batch.earlier is not null
        or coalesce(seen.received_at >= stored.received_at, stored.received_at is null)
            as is_of_run,
        if(is_of_run, coalesce(batch.earlier, seen.payload), stored.payload) as before
    from batch
    left join {seen} as seen on batch.key_hash = seen.key
    left join stored on batch.row = stored.row
)
select row, if(is_of_run, 'run', 'raw') as known from compared where payload = before
"""

_REMEMBER = """
begin;
delete from {seen} where key in (select key_hash from batch);
insert into {seen}
select key_hash, arg_max(payload, row), arg_max(received_at, row) from batch group by all;
commit
"""
