"""The gate's whole work on a warehouse that is built: asking, judging, and recording both."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec

from contracts.odcs import load_source, source_names
from dlt_pipelines.control import drift
from dlt_pipelines.control.drift import Recorded
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.ledger import LedgerRow
from expectations.asking import MEMORY, Question, ask
from expectations.derived import derivation_questions
from expectations.freshness import freshness_questions, source_freshness
from expectations.gate import judge
from expectations.history import check_histories, gone_checks, previous_run, trends
from expectations.manifest import Manifest, read_manifest
from expectations.personal import pii_questions
from expectations.policy import POLICY, read_policy, waive
from expectations.reconciliation import reconciliation_checks
from expectations.record import prepare, record
from expectations.results import Check, CheckHistory, PreviousRun, SourceFreshness, TrendPoint
from expectations.samples import with_samples
from expectations.schema import schema_questions
from expectations.totals import total_questions
from expectations.volume import volume_questions
from expectations.watermarks import watermark_questions


@dataclass(frozen=True)
class Assay:
    """What the gate found, and how that compares with the runs before.

    `imported` is how many seconds of it Great Expectations took to import.
    """

    checks: list[Check] = field(default_factory=list)
    imported: float = 0.0
    history: list[CheckHistory] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    previous: PreviousRun | None = None
    trends: list[TrendPoint] = field(default_factory=list)
    drift: list[Recorded] = field(default_factory=list)
    freshness: list[SourceFreshness] = field(default_factory=list)


def assay(
    warehouse: Path,
    manifest: Path,
    *,
    run_id: str,
    started_at: datetime,
    ledger: Sequence[LedgerRow],
    made: Sequence[Check],
) -> Assay:
    """Asks suites and questions, and records them with the checks that the run has `made` before.

    `ledger` is what the run has loaded. Raises LOCK001 or STG001 when the warehouse cannot be
    opened, CFG001 for a policy that cannot stand.
    """
    waivers = read_policy(POLICY, started_at.date())
    with connect(warehouse) as connection:
        prepare(connection)
    suites, imported = _suites(warehouse)
    known, now = _manifest(manifest), datetime.now(UTC)
    with connect(warehouse) as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        asked = ask(connection, _questions(known, run_id, now, manifest.parent / "compiled"))
        checks = waive([*made, *suites, *reconciliation_checks(ledger), *asked], waivers)
        checks = list(with_samples(connection, checks))
        record(connection, run_id, judge(checks), started_at=started_at, ledger=ledger)
        return Assay(
            checks=checks,
            imported=imported,
            history=check_histories(connection, run_id),
            gone=gone_checks(connection, run_id),
            previous=previous_run(connection, run_id),
            trends=trends(connection, run_id),
            drift=[each for name in source_names() for each in drift.standing(connection, name)],
            freshness=_freshness(connection, known, now),
        )


def _suites(warehouse: Path) -> tuple[list[Check], float]:
    started = time.monotonic()
    from expectations.batches import run_suites
    from expectations.catalog import read_suites

    imported = time.monotonic() - started
    catalog = read_suites()
    return [*catalog.unreadable, *run_suites(warehouse, catalog.suites)], imported


def _questions(
    manifest: Manifest, run_id: str, now: datetime, compiled: Path
) -> Iterator[Question]:
    sources = [load_source(name) for name in source_names()]
    entities = [entity for source in sources for entity in source.entities.values()]
    built = {node.schema for node in manifest.nodes.values() if node.resource_type == "model"}
    yield from schema_questions(manifest, sources)
    yield from pii_questions(sorted(built))
    yield from freshness_questions(manifest, now)
    yield from volume_questions(entities, run_id)
    yield from watermark_questions(entities)
    yield from total_questions(manifest, entities)
    yield from derivation_questions(manifest, compiled)


def _manifest(path: Path) -> Manifest:
    """One without nodes when it cannot be read: that is a critical check of dbt's already."""
    try:
        return read_manifest(path)
    except (OSError, msgspec.MsgspecError):
        return Manifest(nodes={})


def _freshness(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, now: datetime
) -> list[SourceFreshness]:
    """None where it cannot be asked: the check of the same name says why."""
    try:
        return source_freshness(connection, manifest, now)
    except duckdb.Error:
        return []
