"""Records where a run's rows differ from their contracts; freezes and frees what builds on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import duckdb

from contracts.diff import Shape, walk
from contracts.drift import Drift, DriftKind, observe, over
from contracts.odcs import Entity, Source
from dlt_pipelines.control import drift, freeze
from dlt_pipelines.control.drift import Sighting
from dlt_pipelines.control.warehouse import connect


def record(
    warehouse: Path, *, run_id: str, source: Source, shapes: Mapping[str, Shape]
) -> dict[str, list[Drift]]:
    """Writes what drifted in a run, by entity, and returns it: all of it is recorded, or nothing.

    An entity with breaking drift freezes its source. When its rows have shown all of that to be
    over, the freeze is lifted; an entity without rows in the run says nothing.
    """
    at = datetime.now(UTC)
    found: dict[str, list[Drift]] = {}
    with connect(warehouse) as connection:
        connection.begin()
        for name, shape in shapes.items():
            if shape.rows:
                found[name] = _record(connection, run_id, source.entities[name], shape, at)
        connection.commit()
    return found


def _record(
    connection: duckdb.DuckDBPyConnection, run_id: str, entity: Entity, shape: Shape, at: datetime
) -> list[Drift]:
    names = {"source": entity.source, "entity": entity.name}
    found = observe(entity, shape, drift.known_fields(connection, **names))
    sightings = [_sighting(each, entity, run_id) for each in found]
    drift.see(connection, sightings, at)
    present = [path for path, seen in shape.fields.items() if seen.present]
    drift.see_fields(connection, **names, paths=present, at=at)
    _end_what_is_over(connection, sightings, entity, shape, at)
    breaking = [each.message for each in found if each.verdict == "breaking"]
    if breaking:
        reason = "; ".join(breaking)
        version = entity.version
        one = freeze.Freeze(
            **names, run_id=run_id, frozen_at=at, contract_version=version, reason=reason
        )
        freeze.freeze(connection, one)
    elif not any(each.verdict == "breaking" for each in drift.standing(connection, **names)):
        reason = f"the rows of run {run_id} fit"
        freeze.lift(connection, **names, lifted_by="fit", reason=reason, at=at)
    return found


def _end_what_is_over(
    connection: duckdb.DuckDBPyConnection,
    sightings: list[Sighting],
    entity: Entity,
    shape: Shape,
    at: datetime,
) -> None:
    seen = {each.identity for each in sightings}
    for each in drift.standing(connection, entity.source, entity.name):
        kind, found = cast(DriftKind, each.kind), frozenset(each.found)
        if each.identity not in seen and over(
            entity, shape, field=each.field, kind=kind, found=found
        ):
            drift.end(connection, each, at)


def _sighting(one: Drift, entity: Entity, run_id: str) -> Sighting:
    return Sighting(
        source=entity.source,
        entity=entity.name,
        field=one.field,
        kind=one.kind,
        verdict=one.verdict,
        old=one.old,
        new=one.new,
        found=one.found,
        example=one.example if _may_be_shown(entity, one.field) else "",
        message=one.message,
        contract_version=entity.version,
        run_id=run_id,
    )


def _may_be_shown(entity: Entity, name: str) -> bool:
    """Whether no value of a field can be personal: it is classified, and nothing in it is PII."""
    contracted = {place.field: field for place, field in walk(entity.fields)}
    return name in contracted and not any(each.pii for _, each in walk([contracted[name]]))
