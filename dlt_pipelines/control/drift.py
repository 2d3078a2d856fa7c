"""`control.drift` and `control.fields`: where rows differed from their contract, and what they had.

Both are written over our own connection: a run whose rows were refused has to be recorded as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import duckdb
import msgspec

from dlt_pipelines.control.rows import records
from dlt_pipelines.control.warehouse import has_control_table

_TABLES = """
create schema if not exists control;
create table if not exists control.drift (
    source varchar not null,
    entity varchar not null,
    field varchar not null,
    kind varchar not null,
    verdict varchar not null,
    old varchar not null,
    new varchar not null,
    found varchar[] not null,
    example varchar not null,
    message varchar not null,
    contract_version varchar not null,
    run_id varchar not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    times_seen integer not null,
    over_at timestamptz
);
create table if not exists control.fields (
    source varchar not null,
    entity varchar not null,
    path varchar not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null
);
"""

_SEE = """
merge into control.drift as known
using (
    select
        $source as source, $entity as entity, $field as field, $kind as kind, $verdict as verdict
) as seen
using (source, entity, field, kind, verdict)
when matched then update set
    old = $old,
    new = $new,
    found = if(known.over_at is null, list_sort(list_distinct(known.found || $found)), $found),
    example = $example,
    message = $message,
    contract_version = $contract_version,
    run_id = $run_id,
    last_seen = $at,
    times_seen = known.times_seen + if(known.run_id = $run_id, 0, 1),
    over_at = null
when not matched then insert values (
    $source, $entity, $field, $kind, $verdict, $old, $new, $found, $example, $message,
    $contract_version, $run_id, $at, $at, 1, null
)
"""

_END = """
update control.drift set over_at = $at
where source = $source and entity = $entity and field = $field
    and kind = $kind and verdict = $verdict
"""

_STANDING = """
select
    source, entity, field, kind, verdict, old, new, found, example, message, contract_version,
    run_id, first_seen, last_seen, times_seen
from control.drift
where source = $source and entity = coalesce($entity, entity) and over_at is null
order by entity, field, kind
"""

_SEE_FIELDS = """
merge into control.fields as known
using (select $source as source, $entity as entity, unnest($paths::varchar[]) as path) as seen
using (source, entity, path)
when matched then update set last_seen = $at
when not matched then insert values (seen.source, seen.entity, seen.path, $at, $at)
"""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A difference between a run's rows and their contract; `field` is a dotted name.

    `found` is what the contract does not allow there (kinds of value, or values where it lists
    them), and on record the sum of all runs. Neither it nor `example` holds PII.
    """

    source: str
    entity: str
    field: str
    kind: str
    verdict: str
    old: str
    new: str
    found: tuple[str, ...]
    example: str
    message: str
    contract_version: str
    run_id: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from the others of its entity."""
        return self.field, self.kind, self.verdict


class Recorded(Sighting, frozen=True, kw_only=True):
    """A difference as it stands on record; `run_id` is of the run that saw it last."""

    first_seen: datetime
    last_seen: datetime
    times_seen: int


def see(connection: duckdb.DuckDBPyConnection, sightings: Iterable[Sighting], at: datetime) -> None:
    """Records what a run saw; doing it again for the same run changes nothing."""
    connection.execute(_TABLES)
    for sighting in sightings:
        values = msgspec.structs.asdict(sighting)
        connection.execute(_SEE, values | {"found": list(sighting.found), "at": at})


def end(connection: duckdb.DuckDBPyConnection, sighting: Sighting, at: datetime) -> None:
    """Marks a difference as over, until a run sees it again."""
    names = ("source", "entity", "field", "kind", "verdict")
    connection.execute(_END, {name: getattr(sighting, name) for name in names} | {"at": at})


def standing(
    connection: duckdb.DuckDBPyConnection, source: str, entity: str | None = None
) -> list[Recorded]:
    """The differences of a source (of one entity) that are not over, in the order of fields."""
    if not has_control_table(connection, "drift"):
        return []
    return records(connection, _STANDING, {"source": source, "entity": entity}, kind=Recorded)


def see_fields(
    connection: duckdb.DuckDBPyConnection,
    *,
    source: str,
    entity: str,
    paths: Collection[str],
    at: datetime,
) -> None:
    """Records which fields, by JSON pointer, a run's rows had."""
    connection.execute(_TABLES)
    values = {"source": source, "entity": entity, "paths": sorted(paths), "at": at}
    connection.execute(_SEE_FIELDS, values)


def known_fields(connection: duckdb.DuckDBPyConnection, source: str, entity: str) -> frozenset[str]:
    """The fields, by JSON pointer, that rows of earlier runs had."""
    if not has_control_table(connection, "fields"):
        return frozenset()
    query = "select path from control.fields where source = $source and entity = $entity"
    rows = connection.execute(query, {"source": source, "entity": entity}).fetchall()
    return frozenset(path for (path,) in rows)
