"""Notices what a source has no longer: `_deletions` of its raw schema, `control.deletions`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from contracts.odcs import Entity, Source
from dlt_pipelines.control.views import completed_loads
from dlt_pipelines.errors import QualityError
from dlt_pipelines.loading.extract import EntityLoad, LoadRun
from dlt_pipelines.loading.resources import DELETIONS


def notice_missing(run: LoadRun, entity: Entity, skipped: Collection[Any] = ()) -> None:
    """Notices the stored keys that a list of all that there is did not bring, embedded ones too.

    What the list could not bring says nothing: rows under `skipped` parents, and all where a row
    came that nobody can tell the key of. Raises QUAL001 when more than half are missing: a server
    that answers half is likelier than that.
    """
    for each in (entity, *run.source.embedded_in(entity.name)):
        load = run.loads[each.name]
        gap = _gap(run, each)
        if gap:
            load.note(f"deletions not looked for: {gap}")
        else:
            _notice_missing(run, load, _blocked(run, each) | set(map(str, skipped)))


def notice_gone(run: LoadRun, entity: Entity, keys: Collection[str]) -> None:
    """Notices objects that the server said are gone, as far as they are stored."""
    found = _ask(run, entity, _GONE, {"keys": list(keys)})
    _keep(run, run.loads[entity.name], found.column("key"))


def _notice_missing(run: LoadRun, load: EntityLoad, blocked: set[str]) -> None:
    values = {
        "blocked": sorted(blocked),
        "rejected": [str(key) for key in load.rejected],
        "started_at": run.started_at,
    }
    found = _ask(run, load.entity, _COMPARED, values)
    missing, is_blocked = found.column("is_missing"), found.column("is_blocked")
    load.unreached = set(found.filter(is_blocked).column("key").to_pylist())
    lost = found.filter(pc.and_not(missing, is_blocked))
    stored = _ask(run, load.entity, _COUNT, {}).column("count")[0].as_py() - len(load.unreached)
    if 2 * lost.num_rows > stored:
        raise QualityError(
            "the server no longer lists more than half of what is stored; nothing of this sweep"
            " was: see that server and credentials are the right ones and sweep again; `--entity`"
            " sweeps the others alone, `hallmark load` loads without looking for deletions",
            entity=load.entity.name,
            stored=stored,
            missing=lost.num_rows,
        )
    _keep(run, load, lost.column("key"))


def _keep(run: LoadRun, load: EntityLoad, keys: pa.ChunkedArray) -> None:
    if not len(keys):
        return
    now = datetime.now(UTC)
    constants = {"entity": load.entity.name, "noticed_at": now, "run_id": run.run_id}
    columns = [
        keys if name == "key" else pa.repeat(pa.scalar(constants[name], kind), len(keys))
        for name, kind in zip(DELETIONS.names, DELETIONS.types, strict=True)
    ]
    run.deletions.append(pa.Table.from_arrays(columns, schema=DELETIONS))
    load.note(f"{len(keys)} deletions noticed")


def _gap(run: LoadRun, entity: Entity) -> str:
    """Why nobody can say what of an entity is gone, "" when one can."""
    load = run.loads[entity.name]
    if load.ledger.outcome == "absent":
        return f"{entity.name} is absent"
    if None in load.rejected:
        return f"a row of {entity.name} has no readable key"
    above = entity.parent or entity.embedded
    if above is None:
        return ""
    host = run.loads[above.entity]
    if entity.embedded and (host.rejected or host.unreached):
        return f"not all {above.entity} could be read"
    return _gap(run, host.entity)


def _blocked(run: LoadRun, entity: Entity) -> set[str]:
    """Keys of parents that exist, or may, and whose rows were not asked for."""
    if entity.parent is None:
        return set()
    parent = run.loads[entity.parent.entity]
    return parent.unreached | {str(key) for key in parent.rejected}


def _ask(run: LoadRun, entity: Entity, sql: str, values: Mapping[str, object]) -> pa.Table:
    parent = f'raw."{entity.parent.field}"' if entity.parent else "null"
    live = _LIVE.format(dataset=run.dataset, table=entity.name, key=entity.key, parent=parent)
    return run.unchanged.ask(
        sql.replace("{live}", live), {"entity": entity.name, **values}, table=entity.name
    )


_LIVE = """
select
    raw."{key}" as key,
    cast(arg_max({parent}, raw._extracted_at) as varchar) as parent,
    max(raw._extracted_at) as extracted_at
from warehouse."{dataset}"."{table}" as raw
where not exists (
    select 1 from warehouse."{dataset}"._deletions as gone
    where gone.entity = $entity and gone.key = cast(raw."{key}" as varchar)
        and gone.noticed_at >= raw._extracted_at
)
group by all
"""

_COUNT = "select count(*) as count from ({live})"

_COMPARED = """
select
    cast(live.key as varchar) as key,
    live.extracted_at < $started_at::timestamptz
        and not list_contains($rejected::varchar[], cast(live.key as varchar)) as is_missing,
    coalesce(list_contains($blocked::varchar[], live.parent), false) as is_blocked
from ({live}) as live
where hash(live.key) not in (select seen.key from {seen} as seen)
order by live.key
"""

_GONE = """
select cast(live.key as varchar) as key
from ({live}) as live
where list_contains($keys::varchar[], cast(live.key as varchar))
order by live.key
"""


def create_view(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> None:
    """Makes `control.deletions`: the keys that are deleted, each with when that was noticed last.

    A key of which a row came later is not.
    """
    parts = [
        _DELETED.format(
            source=source.name,
            table=entity.name,
            key=entity.key,
            completed=completed_loads(source.name),
        )
        for source in sources
        for entity in source.entities.values()
    ]
    connection.execute(f"create or replace view control.deletions as {' union all '.join(parts)}")


_DELETED = """
select
    '{source}' as source,
    gone.entity,
    gone.key,
    max(gone.noticed_at) as noticed_at,
    arg_max(gone.run_id, gone.noticed_at) as run_id
from warehouse.raw_{source}._deletions as gone
where gone.entity = '{table}' and gone._dlt_load_id in ({completed}) and not exists (
    select 1 from warehouse.raw_{source}."{table}" as raw
    where cast(raw."{key}" as varchar) = gone.key and raw._extracted_at > gone.noticed_at
        and raw._dlt_load_id in ({completed})
)
group by all
"""
