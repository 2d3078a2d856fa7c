"""`control.freeze`: the sources whose drift keeps dbt from building on them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import duckdb
import msgspec

from dlt_pipelines.control.rows import records
from dlt_pipelines.control.warehouse import has_control_table

LiftedBy = Literal["fit", "operator"]

_TABLE = """
create schema if not exists control;
create table if not exists control.freeze (
    source varchar not null,
    entity varchar not null,
    run_id varchar not null,
    frozen_at timestamptz not null,
    contract_version varchar not null,
    reason varchar not null,
    lifted_at timestamptz,
    lifted_by varchar,
    lift_reason varchar
);
"""

_RENEW = """
update control.freeze
set run_id = $run_id, contract_version = $contract_version, reason = $reason
where source = $source and entity = $entity and lifted_at is null
returning source
"""

_FREEZE = """
insert into control.freeze
select $source, $entity, $run_id, $at, $contract_version, $reason, null, null, null
where not exists (
    from control.freeze
    where source = $source and entity = $entity and run_id = $run_id and lifted_by = 'operator'
)
"""

_LIFT = """
update control.freeze
set lifted_at = $at, lifted_by = $lifted_by, lift_reason = $reason
where source = $source and entity = coalesce($entity, entity) and lifted_at is null
returning entity
"""

_ACTIVE = """
select source, entity, run_id, frozen_at, contract_version, reason
from control.freeze
where lifted_at is null
order by source, entity
"""


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """An active freeze; `run_id` is of the last run that found the reason for it."""

    source: str
    entity: str
    run_id: str
    frozen_at: datetime
    contract_version: str
    reason: str


def freeze(connection: duckdb.DuckDBPyConnection, one: Freeze) -> None:
    """Freezes an entity's source, or renews the reason of the freeze that is active.

    What an operator lifted stays lifted when the same run is recorded again.
    """
    connection.execute(_TABLE)
    values = msgspec.structs.asdict(one)
    at = values.pop("frozen_at")
    if not connection.execute(_RENEW, values).fetchall():
        connection.execute(_FREEZE, values | {"at": at})


def lift(
    connection: duckdb.DuckDBPyConnection,
    *,
    source: str,
    entity: str | None = None,
    lifted_by: LiftedBy,
    reason: str,
    at: datetime,
) -> list[str]:
    """Lifts the active freezes of a source (of one entity); the entities that were frozen."""
    connection.execute(_TABLE)
    values = {"source": source, "entity": entity, "lifted_by": lifted_by, "reason": reason}
    return sorted(name for (name,) in connection.execute(_LIFT, values | {"at": at}).fetchall())


def active(connection: duckdb.DuckDBPyConnection) -> list[Freeze]:
    """The freezes that are in force."""
    if not has_control_table(connection, "freeze"):
        return []
    return records(connection, _ACTIVE, kind=Freeze)
