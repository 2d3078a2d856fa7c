"""Finds the rows that say nothing new: the newest stored version of their key is the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa


@dataclass(frozen=True)
class Split:
    """What is left of a batch: the rows to store, and how many were not worth storing and why."""

    table: pa.Table
    deduplicated: int
    unchanged: int


class Unchanged:
    """An anti-join of each batch against the newest hash of its keys, in this run and in raw.

    The warehouse is attached read-only and let go on `close`, before dlt writes to it. What this
    run has seen is kept as two 64-bit hashes a row, so that memory hardly grows with the data.
    """

    def __init__(self, warehouse: Path) -> None:
        self._connection = duckdb.connect()
        self._attached = warehouse.exists()
        if self._attached:
            self._attach(warehouse)
        self._ready: set[str] = set()

    def _attach(self, warehouse: Path) -> None:
        try:
            self._connection.execute(f"attach '{_quoted(warehouse)}' as warehouse (read_only)")
        except duckdb.Error:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def split(self, batch: pa.Table, *, dataset: str, table: str, key: str) -> Split:
        """Drops from `batch` each row whose hash equals the version of its key that came before."""
        seen = self._seen(table)
        numbered = batch.append_column("_row", pa.array(range(batch.num_rows), pa.int64()))
        self._connection.register("batch", numbered)
        verdicts = self._connection.execute(
            _VERDICTS.format(key=key, seen=seen, stored=self._stored(dataset, table, key))
        ).to_arrow_table()
        self._connection.execute(_REMEMBER.format(key=key, seen=seen))
        self._connection.unregister("batch")
        known = verdicts.column("known").to_pylist()
        kept = batch.filter(pa.array([each is None for each in known], pa.bool_()))
        return Split(kept, known.count("run"), known.count("raw"))

    def _seen(self, table: str) -> str:
        name = f'"seen {table}"'
        if name not in self._ready:
            self._connection.execute(f"create table {name} (key ubigint, payload ubigint)")
            self._ready.add(name)
        return name

    def _stored(self, dataset: str, table: str, key: str) -> str:
        """SQL for the newest hash of each of the batch's keys in raw.

        Between versions of one page, which have one time, it decides as Silver does.
        """
        if self._attached and self._connection.execute(_EXISTS, [dataset, table]).fetchone():
            return _STORED.format(relation=f'warehouse."{dataset}"."{table}"', key=key)
        return "select null::ubigint as key, null::ubigint as payload where false"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


_EXISTS = """
select 1 from duckdb_tables()
where database_name = 'warehouse' and schema_name = ? and table_name = ?
"""

_STORED = """
select
    hash(raw."{key}") as key,
    arg_max(hash(raw._payload_sha256), (raw._extracted_at, raw._payload_sha256)) as payload
from {relation} as raw
where raw."{key}" in (select "{key}" from batch)
group by all
"""

_VERDICTS = """
with
arriving as (
    select
        _row,
        hash("{key}") as key,
        hash(_payload_sha256) as payload,
        lag(hash(_payload_sha256)) over (partition by "{key}" order by _row) as earlier
    from batch
),
stored as ({stored})
select
    case
        when arriving.earlier is not null
            then if(arriving.earlier = arriving.payload, 'run', null)
        when seen.payload is not null
            then if(seen.payload = arriving.payload, 'run', null)
        when stored.payload = arriving.payload then 'raw'
    end as known
from arriving
left join {seen} as seen on arriving.key = seen.key
left join stored on arriving.key = stored.key
order by arriving._row
"""

_REMEMBER = """
begin;
delete from {seen} where key in (select hash("{key}") from batch);
insert into {seen}
select hash("{key}"), arg_max(hash(_payload_sha256), _row) from batch group by all;
commit
"""
