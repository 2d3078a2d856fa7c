"""Raw tables of any size, as loads leave them: a small shop's history, copied many times over.

The bundled API tells what its shop holds at a few moments; what is new or changed since the moment
before is one load. Each row is then copied in DuckDB, and every id in it, wherever it stands, gets
the number of its copy: charge, intent and balance transaction of a copy refer to each other.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from contracts.odcs import Entity, load_source
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading.columns import Columns
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.pages import PageRows
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.tables import ensure_tables
from scripts.mock_api.payments.books import books_of
from scripts.mock_api.payments.listing import Listing
from scripts.mock_api.world import World

_BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
_SCALE = 5.0
_HISTORY_DAYS = (0, 7, 14, 21)
"""Days after the shop's sixtieth at which the loads of the history see it."""
_LAST_DAY = _HISTORY_DAYS[-1] + 1
_EVENTS_IN = 10
"""Of so many copies one has events: in a warehouse that is kept for years they are few."""
_MORE_IDS = ("pm", "tok")
_COPY = """
insert into raw_payments."{table}" by name
select
    seen.* replace (
        {replaced},
        sha256(concat(seen._payload_sha256, copies.copy)) as _payload_sha256
    ),
    $load_id as _dlt_load_id
from seen
cross join (select range as copy from range(0, $copies, $step)) as copies
"""
_NUMBERED = """
regexp_replace(seen."{column}", '{pattern}', concat('\\1a', copies.copy), 'g') as "{column}"
"""
_LOADED = "insert into raw_payments._dlt_loads values ($load_id, 'payments', 0, $at, 'benchmark')"
_Load = dict[str, pa.Table]


Part = Literal["history", "day"]


def write(warehouse: Path, part: Part, rows: int) -> int:
    """Writes about so many rows in a process of its own, and returns how many it were.

    What a process starts counts as its memory at first: who measures others must stay small.
    """
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.raw_rows", str(warehouse), part, str(rows)],
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise ConfigurationError("no raw rows were written; the error is above", part=part)
    return int(done.stdout)


class RawRows:
    """The loads of one shop, ready to be copied."""

    def __init__(self, *, scale: float = _SCALE) -> None:
        shop = World.at(_BEGIN, seed=1, scale=scale)
        self._source = load_source("payments")
        moments = [shop.advanced(timedelta(days=day)) for day in (*_HISTORY_DAYS, _LAST_DAY)]
        self._loads = dict(zip(moments, self._seen(moments), strict=True))
        ids = {name for load in self._loads.values() for name in _prefixes(load)}
        names = "|".join(sorted(ids | set(_MORE_IDS)))
        self._pattern = rf"(\b(?:{names})_[A-Za-z0-9]{{10,}})"

    def write_history(self, connection: duckdb.DuckDBPyConnection, rows: int) -> int:
        """Fills new raw tables with about so many rows; returns how many there are."""
        for source in ("payments", "zephyr"):
            ensure_tables(connection, load_source(source))
        *history, _ = self._loads
        one = sum(_size(self._loads[moment]) for moment in history)
        return sum(self._write(connection, moment, round(rows / one)) for moment in history)

    def write_day(self, connection: duckdb.DuckDBPyConnection, rows: int) -> int:
        """Adds a load of about so many rows: what a day brings and changes in some copies."""
        *_, day = self._loads
        return self._write(connection, day, round(rows / _size(self._loads[day])))

    def _write(self, connection: duckdb.DuckDBPyConnection, moment: World, copies: int) -> int:
        load_id = f"{moment.now.timestamp()}"
        written = 0
        for name, table in self._loads[moment].items():
            if not table.num_rows:
                continue
            copy = _COPY.format(table=name, replaced=",\n".join(self._replaced(table)))
            connection.register("seen", table)
            values = {"load_id": load_id, "copies": copies, "step": _step(name)}
            written += connection.execute(copy, values).fetchall()[0][0]
            connection.unregister("seen")
        connection.execute(_LOADED, {"load_id": load_id, "at": moment.now})
        return written

    def _replaced(self, table: pa.Table) -> Iterator[str]:
        """The columns that hold ids, with the copy's number behind each."""
        for field in table.schema:
            column = table.column(field.name)
            if (
                field.type != pa.string()
                or not pc.any(pc.match_substring_regex(column, self._pattern)).as_py()
            ):
                continue
            yield _NUMBERED.format(column=field.name, pattern=self._pattern)

    def _seen(self, moments: list[World]) -> Iterator[_Load]:
        """For each moment, what is not as it was at the one before."""
        known: dict[str, set[str]] = {}
        for moment in moments:
            load = {}
            for entity in self._source.entities.values():
                table = _held(entity, moment)
                before = known.get(entity.name, set())
                hashes = table.column("_payload_sha256")
                known[entity.name] = set(hashes.to_pylist())
                load[entity.name] = table.filter(
                    pa.array([each not in before for each in hashes.to_pylist()])
                )
            yield load


def _held(entity: Entity, moment: World) -> pa.Table:
    """All objects of an entity at a moment, decoded as a load decodes them."""
    listing = Listing(books_of(moment), entity.name, int(moment.now.timestamp()))
    raws = [msgspec.Raw(msgspec.json.encode(listing.render(each))) for each in listing.members()]
    decoded = Decoder(entity, Tokenizer(b"benchmark")).rows(PageRows(raws))
    columns = Columns(entity, run_id=f"{moment.now:%Y%m%dT%H%M%SZ}-bench", day=moment.now.date())
    return columns.table(decoded.rows, moment.now).sort_by("created")


def _prefixes(load: _Load) -> set[str]:
    """`ch` of `ch_3…`."""
    ids = [each for table in load.values() for each in table.column("id").to_pylist()]
    return {found[1] for each in ids if (found := re.match(r"([a-z]+)_", each))}


def _size(load: _Load) -> float:
    """Rows per copy."""
    return sum(int(table.num_rows) / _step(name) for name, table in load.items())


def _step(entity: str) -> int:
    return _EVENTS_IN if entity == "events" else 1


def main(arguments: Sequence[str]) -> None:
    warehouse, part, rows = arguments
    with connect(Path(warehouse)) as connection:
        raw = RawRows()
        write_part = raw.write_day if part == "day" else raw.write_history
        sys.stdout.write(f"{write_part(connection, int(rows))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
