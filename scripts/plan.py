"""`hallmark plan`: what a load would ask for and meet, judged by a sample; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from contracts.drift import Drift, observe
from contracts.odcs import Entity, load_source
from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading import state
from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.estimates import Estimate, estimates
from dlt_pipelines.loading.sample import Sample, sample
from dlt_pipelines.loading.state import EntityState
from dlt_pipelines.loading.windows import Extent, Window
from dlt_pipelines.payments.helpers import events_since, overlap
from dlt_pipelines.payments.settings import EVENTS
from scripts.console import Output, utc
from scripts.dbt import parsed_manifest
from scripts.demo import refuse_demo_warehouse
from scripts.models.lineage import Downstream, downstream
from scripts.sources import client, configured

Verdict = Literal["none", "compatible", "breaking", "not sampled"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A difference between the sample and its contract."""

    field: str
    kind: str
    verdict: str
    message: str


class EntityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be expected of one entity.

    `since` None is the beginning, `until` (not included) None the present. Without a sample there
    is no `expected`, and `note` says why.
    """

    source: str
    entity: str
    since: datetime | None
    until: datetime | None
    expected: Estimate | None
    sampled: int
    quarantined: int
    verdict: Verdict
    drift: tuple[Finding, ...]
    downstream: Downstream
    note: str


def show_plan(
    output: Output, sources: Sequence[str], *, entities: Sequence[str], extent: Extent
) -> bool:
    """Prints the plan of a load; False when what the sample shows would break it."""
    refuse_demo_warehouse()
    connections = {source: configured(source) for source in sources}
    with output.step("plan: dbt reads the project"):
        manifest = parsed_manifest()
    plans: list[EntityPlan] = []
    for source in sources:
        with output.step(f"plan {source}"):
            server = client(source, connections[source])
            plans += _plans(source, server, manifest, entities=entities, extent=extent)
    show_plans(output, plans)
    output.result({"entities": plans})
    return not any(each.verdict == "breaking" for each in plans)


def _plans(
    source: str,
    server: ApiClient,
    manifest: Mapping[str, Any],
    *,
    entities: Sequence[str],
    extent: Extent,
) -> list[EntityPlan]:
    """The plan of each entity that the load would read, in its order."""
    contract = load_source(source)
    wanted = contract.closure(tuple(each for each in entities if each in contract.entities))
    if extent.window is not None:
        wanted = [each for each in wanted if each is not EVENTS]
    windows = _windows(source, wanted, extent)
    samples = sample(contract, server, wanted, windows)
    expected = estimates(contract, samples, windows)
    return [
        _plan(
            contract.entities[name],
            one,
            windows.get(name, Window()),
            expected.get(name),
            downstream(manifest, source, name),
        )
        for name, one in samples.items()
    ]


def _windows(source: str, entities: Sequence[Entity], extent: Extent) -> dict[str, Window]:
    """What of each entity with a cursor the load would list, by the state that is in force."""
    listed = [each for each in entities if each.cursor]
    reached = _reached(source) if listed else {}
    until = extent.window.until if extent.window else None
    windows: dict[str, Window] = {}
    for entity in listed:
        since = extent.since(_state(reached, entity).cursor, overlap(entity))
        if entity is EVENTS:
            states = [_state(reached, each) for each in listed]
            anchors = [
                each.event[0] if each.event else 0 for each in states if each.cursor is not None
            ]
            since = events_since(since, anchors)
        windows[entity.name] = Window(since, until)
    return windows


def _reached(source: str) -> Mapping[str, EntityState]:
    """How far each entity was read; nothing before the first load."""
    if not config.warehouse_path().exists():
        return {}
    with connect(config.warehouse_path(), read_only=True) as connection:
        try:
            found = state.in_force(connection, source)
        except ConfigurationError:  # nothing was loaded yet
            return {}
    return {name: found.of(name) for name in found.resources}


def _state(reached: Mapping[str, EntityState], entity: Entity) -> EntityState:
    return reached.get(entity.name, EntityState())


def _plan(
    entity: Entity,
    sampled: Sample | str,
    window: Window,
    expected: Estimate | None,
    below: Downstream,
) -> EntityPlan:
    """What the sample, or the reason why there is none, says of an entity."""
    page = None if isinstance(sampled, str) else sampled.page
    found = [] if isinstance(sampled, str) else _drift(sampled)
    return EntityPlan(
        source=entity.source,
        entity=entity.name,
        since=utc(window.since),
        until=utc(window.until),
        expected=expected,
        sampled=page.received if page else 0,
        quarantined=len(page.rejects) if page else 0,
        verdict=_verdict(sampled, found),
        drift=tuple(map(_finding, found)),
        downstream=below,
        note=sampled if isinstance(sampled, str) else sampled.note,
    )


def _drift(sampled: Sample) -> list[Drift]:
    """An optional field that no row of a page has is no drift, whatever earlier runs had."""
    return observe(sampled.entity, sampled.shape, frozenset())


def _verdict(sampled: Sample | str, found: Sequence[Drift]) -> Verdict:
    if isinstance(sampled, str) or not sampled.page.received:
        return "not sampled"
    verdicts: set[Verdict] = {each.verdict for each in found}
    return "breaking" if "breaking" in verdicts else "compatible" if verdicts else "none"


def _finding(one: Drift) -> Finding:
    return Finding(field=one.field, kind=one.kind, verdict=one.verdict, message=one.message)


_COLUMNS = ("entity", "since (UTC)", "until (UTC)", "requests", "rows", "drift", "unfit", "models")


def show_plans(output: Output, plans: Sequence[EntityPlan]) -> None:
    for source in dict.fromkeys(each.source for each in plans):
        own = [each for each in plans if each.source == source]
        output.table(f"Plan of {source}", _COLUMNS, map(_row, own))
    for each in plans:
        if facts := list(_facts(each)):
            output.block(f"{each.source} {each.entity}", facts)
    for source in dict.fromkeys(each.source for each in plans):
        output.block(
            f"Built on {source}", _built_on(each for each in plans if each.source == source)
        )
    output.say("Nothing was written.")


def _row(each: EntityPlan) -> tuple[Any, ...]:
    expected = each.expected
    return (
        each.entity,
        each.since or "the beginning",
        each.until or "now",
        expected and _estimated(expected.requests, expected),
        expected and _estimated(expected.rows, expected),
        each.verdict,
        f"{each.quarantined} of {each.sampled}",
        len(each.downstream.models),
    )


def _estimated(count: int, by: Estimate) -> str:
    return f"{count:,}" if by.certainty == "exactly" or not count else f"{by.certainty} {count:,}"


def _facts(each: EntityPlan) -> Iterator[tuple[str, str]]:
    """What its page tells, and whom a drift of it reaches."""
    if each.note:
        yield "note", each.note
    for finding in each.drift:
        yield finding.verdict, finding.message
    if each.drift:
        yield from _built_on([each])


def _built_on(plans: Iterable[EntityPlan]) -> list[tuple[str, str]]:
    """Each name once: most models are built on several entities."""
    below = [each.downstream for each in plans]
    models = dict.fromkeys(name for each in below for name in each.models)
    exposures = dict.fromkeys(name for each in below for name in each.exposures)
    return [("models", ", ".join(models)), ("exposures", ", ".join(exposures))]
