"""Decodes quarantined rows again, by the present contract, and loads those that fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

import dlt
import msgspec
from dlt.extract import DltResource, DltSource

from contracts.odcs import Entity, Source
from dlt_pipelines.errors import StorageError
from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.decode import Decoded
from dlt_pipelines.loading.extract import EntityLoad, LoadRun, Table
from dlt_pipelines.loading.landed import LandedPartition, folder_and_name, is_single
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.pages import PageRows, embedded_rows, parse_page
from dlt_pipelines.loading.parts import Page
from dlt_pipelines.loading.pipelines import recorded_pipeline
from dlt_pipelines.loading.quarantine import Action, QuarantinedRow, actor
from dlt_pipelines.loading.replay import source_of
from dlt_pipelines.loading.resources import actions_resource, entity_resource


def quarantine_source(run: LoadRun, rows: Sequence[QuarantinedRow]) -> DltSource:
    """The dlt source of these rows; the actions are in the same load, so that both are stored."""
    resources: list[DltResource] = [
        entity_resource(entity, partial(_tables_and_cursor, run, entity, own))
        for entity, own in _by_entity(run.source, rows)
    ]
    return source_of(run, resources)


def rehearse_quarantine(run: LoadRun, rows: Sequence[QuarantinedRow]) -> Iterator[Table]:
    """What a replay of these rows would store."""
    for entity, own in _by_entity(run.source, rows):
        yield from _tables(run, entity, own)


def landed_row(landing: Landing, source: Source, row: QuarantinedRow) -> msgspec.Raw:
    """The row as it landed. Raises STG001 when its file is gone or damaged."""
    folder, name = folder_and_name(row.landing_file, source.name)
    partition = LandedPartition(landing, folder)
    entity = source.entities[row.entity]
    return _page_rows(source, entity, partition.page(name))[row.landing_row]


def discard(source: str, rows: Sequence[QuarantinedRow], *, run_id: str, reason: str) -> None:
    """Records that these rows are left out on purpose. Fails as a load does: wholly."""
    at = datetime.now(UTC)
    with recorded_pipeline(source, run_id=run_id, command="quarantine discard") as pipeline:
        actions = [
            Action(
                row_id=row.row_id,
                entity=row.entity,
                action="discarded",
                at=at,
                run_id=run_id,
                actor=actor(),
                reason=reason,
            )
            for row in rows
        ]
        pipeline.run(actions_resource(lambda: actions))


def _by_entity(
    source: Source, rows: Sequence[QuarantinedRow]
) -> Iterator[tuple[Entity, list[QuarantinedRow]]]:
    for entity in source.entities.values():
        own = [row for row in rows if row.entity == entity.name]
        if own:
            yield entity, own


def _tables_and_cursor(
    run: LoadRun, entity: Entity, rows: Sequence[QuarantinedRow]
) -> Iterator[Table]:
    """The cursor stays where it is; the ledger says where."""
    yield from _tables(run, entity, rows)
    ledger = run.loads[entity.name].ledger
    cursor = dlt.current.resource_state(entity.name).get("cursor")
    ledger.cursor_before = ledger.cursor_after = cursor


def _tables(run: LoadRun, entity: Entity, rows: Sequence[QuarantinedRow]) -> Iterator[Table]:
    """Those of one entity that fit, in the order in which they landed."""
    load = EntityLoad(run, entity, keep_keys=False)
    run.loads[entity.name] = load
    wanted: dict[tuple[str, str], dict[int, QuarantinedRow]] = defaultdict(dict)
    for row in sorted(rows, key=lambda each: each.last_seen):
        wanted[folder_and_name(row.landing_file, run.source.name)][row.landing_row] = row
    for (folder, name), own in wanted.items():
        partition = LandedPartition(run.landing, folder)
        yield from load.of_run(partition.run_id, partition.day)
        page = partition.page(name)
        decoded = load.decoder.rows(_page_rows(run.source, entity, page))
        some = _only(decoded, own)
        yield from load.add(Answer(partition.path(name), page, some, landed=True))
        rejected = {reject.index for reject in some.rejects}
        fits = [row for index, row in own.items() if index not in rejected]
        run.actions.extend(_replayed(run, entity, row) for row in fits)
    load.ledger.note = "replayed from quarantine"
    yield from load.drain()


def _page_rows(source: Source, entity: Entity, page: Page) -> PageRows:
    """A page's rows of an entity, in the order by which the quarantine counts them."""
    host = source.entities[entity.embedded.entity] if entity.embedded else entity
    assert host.endpoint is not None
    single = is_single(host.endpoint, page.request)
    rows = parse_page(bytes(page.body), page.request, single=single)
    if entity.embedded is None:
        return rows
    find = embedded_rows(entity.embedded.at)
    return PageRows(inner for row in rows for inner in find(row))


def _only(decoded: Decoded, wanted: dict[int, QuarantinedRow]) -> Decoded:
    """The wanted rows of a page, by their index; the others are not received again."""
    rejects = {reject.index: reject for reject in decoded.rejects}
    fitting = (index for index in range(decoded.received) if index not in rejects)
    if not wanted.keys() <= set(range(decoded.received)):
        raise StorageError("the landed page has fewer rows than the quarantine says")
    return msgspec.structs.replace(
        decoded,
        rows=[row for index, row in zip(fitting, decoded.rows, strict=True) if index in wanted],
        rejects=[reject for index, reject in rejects.items() if index in wanted],
    )


def _replayed(run: LoadRun, entity: Entity, row: QuarantinedRow) -> Action:
    return Action(
        row_id=row.row_id,
        entity=entity.name,
        action="replayed",
        at=datetime.now(UTC),
        run_id=run.run_id,
        actor=actor(),
        reason=f"fits contract {entity.version}",
    )
