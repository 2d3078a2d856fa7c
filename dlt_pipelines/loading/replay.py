"""Loads again what runs have landed, by the present contract and without the API.

Rows keep the run and the time they came with, so that the newest version of a key stays the newest;
what is stored already is not stored again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dlt
import msgspec
from dlt.extract import DltResource, DltSource

from contracts.odcs import Entity
from dlt_pipelines.loading.answers import Answer
from dlt_pipelines.loading.extract import EntityLoad, LoadRun, Table
from dlt_pipelines.loading.landed import LandedPartition, Metadata, is_single
from dlt_pipelines.loading.resources import entity_resource, record_resources
from dlt_pipelines.loading.state import EntityState

Folders = Mapping[str, Sequence[str]]
"""Per entity the partitions to replay, those of a run before those of later ones."""


def replay_source(run: LoadRun, folders: Folders) -> DltSource:
    """The dlt source of a replay, entities in the contract's order."""
    resources = [
        entity_resource(
            entity,
            partial(_rows_and_state, run, entity, folders[entity.name]),
            run.source.embedded_in(entity.name),
        )
        for entity in _entities(run, folders)
    ]
    return source_of(run, resources)


def source_of(run: LoadRun, resources: Iterable[DltResource]) -> DltSource:
    """A dlt source under the name of the run's source, so that it has that one's state."""
    name = run.source.name
    return dlt.source(lambda: [*resources, *record_resources(run)], name=name, section=name)()


def rehearse_replay(run: LoadRun, folders: Folders) -> Iterator[Table]:
    """What a replay would store."""
    for entity in _entities(run, folders):
        yield from _rows(run, entity, _landed(run, folders[entity.name]))


def _entities(run: LoadRun, folders: Folders) -> list[Entity]:
    return [each for each in run.source.entities.values() if each.name in folders]


def _landed(run: LoadRun, folders: Sequence[str]) -> list[LandedPartition]:
    return [LandedPartition(run.landing, folder) for folder in folders]


def _rows(run: LoadRun, entity: Entity, partitions: Sequence[LandedPartition]) -> Iterator[Table]:
    load = run.account(entity)
    for partition in partitions:
        yield from load.of_run(partition.run_id, partition.day)
        for name, page in partition.pages():
            yield from load.add(_answer(load, partition, name, page))
    load.note(f"replayed: {_spanned([partition.run_id for partition in partitions])}")
    yield from load.settle()


def _spanned(runs: Sequence[str]) -> str:
    """The run, or the first and the last of several: a day may have hundreds."""
    return runs[0] if len(runs) == 1 else f"{runs[0]} to {runs[-1]}, {len(runs):,} runs"


def _answer(load: EntityLoad, partition: LandedPartition, name: str, page: Any) -> Answer:
    assert load.entity.endpoint is not None
    single = is_single(load.entity.endpoint, page.request)
    decoded = load.decoder.page(bytes(page.body), page.request, single=single)
    return Answer(partition.path(name), page, decoded, landed=True)


def _rows_and_state(run: LoadRun, entity: Entity, folders: Sequence[str]) -> Iterator[Table]:
    partitions = _landed(run, folders)
    yield from _rows(run, entity, partitions)
    state = dlt.current.resource_state(entity.name)
    reached = reached_state(state, [partition.metadata for partition in partitions])
    ledger = run.loads[entity.name].ledger
    ledger.cursor_before, ledger.cursor_after = state.get("cursor"), reached.get("cursor")
    if reached is not state:
        state.clear()
        state.update(reached)


def reached_state(state: dict[str, Any], replayed: Sequence[Metadata]) -> dict[str, Any]:
    """An entity's state after a replay of these partitions; `state` itself when none moves it.

    A partition moves it forward to where its run had left it, if what is stored leaves no gap to
    where that run began. Otherwise the next load reads what lies between.
    """
    for each in replayed:
        now, before, after = (
            msgspec.convert(found, EntityState)
            for found in (state, each.state_before, each.state_after)
        )
        follows = each.is_whole or not before.is_ahead_of(now)
        if follows and after.is_ahead_of(now) and not now.is_ahead_of(after):
            state = each.state_after
    return state
