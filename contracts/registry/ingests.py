"""A schema comes: it is judged, stored as the next version, and made current if it may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from starlette.responses import Response

from contracts.json_schema import Schema
from contracts.registry import currents, datasets, deliveries, signals, subscriptions
from contracts.registry.audit import record
from contracts.registry.calls import Call
from contracts.registry.database import Row
from contracts.registry.engine import WHOLE, insert_new
from contracts.registry.errors import Conflict
from contracts.registry.idempotency import Done, once
from contracts.registry.judgements import FIRST, Base, Judgement, Verdicts, in_words, judge
from contracts.registry.models import ContractVersion, SchemaArtifact
from contracts.registry.services import Services
from contracts.registry.shapes.versions import Ingested, Promotion
from contracts.registry.shapes.words import Layer

_WORDS: dict[Promotion, str] = {
    "current": "it is current",
    "not_asked": "it was not asked to become current",
    "incompatible": "it is stored, but not current",
    "frozen": "promotions are frozen: it is stored, but not current",
}


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """What came; `promote` asks that it becomes current if the policy allows it."""

    dataset_id: str
    layer: Layer
    schema: Schema
    schema_registry_id: str | None
    promote: bool


@dataclass(frozen=True)
class _Standing:
    """How things are: the dataset, its newest version here and the current one."""

    dataset: Row
    newest: Row | None
    current: Row | None

    @property
    def base(self) -> Base | None:
        row = self.current or self.newest
        return None if row is None else Base(row["version"], row["schema_hash"])


def ingest(services: Services, call: Call, new: NewVersion) -> Response:
    """Stores a schema. Raises `NotFound`, `Conflict` for a retired dataset.

    Verdicts are worked out before anything is locked; only when another version came in between
    is one worked out under the lock.
    """
    verdicts = Verdicts(services.engine, new.schema)
    services.engine.keep_schema(new.schema)
    with services.database.read("ingest.prepare") as connection:
        standing = _standing(connection, new)
        _judge(connection, new, standing, verdicts)

    def store(connection: Connection) -> Done:
        services.database.lock(connection, "versions", new.dataset_id, new.layer)
        standing = _standing(connection, new, hold=True)
        if standing.newest and standing.newest["schema_hash"] == new.schema.sha256:
            return _unchanged(connection, services, call, new, standing, verdicts)
        return _stored(connection, services, call, new, standing, verdicts)

    return once(services, call, "ingest.store", store)


def _standing(connection: Connection, new: NewVersion, *, hold: bool = False) -> _Standing:
    dataset = datasets.find(connection, new.dataset_id, hold=hold)
    if dataset["status"] == "retired":
        raise Conflict(
            "the dataset is retired and takes no more schemas", {"dataset_id": new.dataset_id}
        )
    here = select(ContractVersion.__table__).where(
        ContractVersion.dataset_id == new.dataset_id, ContractVersion.layer == new.layer
    )
    newest = connection.execute(here.order_by(ContractVersion.version.desc()).limit(1))
    current = connection.execute(here.where(ContractVersion.is_current))
    return _Standing(dataset, newest.mappings().first(), current.mappings().first())


def _judge(
    connection: Connection, new: NewVersion, standing: _Standing, verdicts: Verdicts
) -> Judgement:
    if standing.base is None or standing.newest is None:
        return FIRST
    return judge(
        connection,
        verdicts,
        dataset=standing.dataset,
        layer=new.layer,
        base=standing.base,
        subscriptions=subscriptions.active(connection, new.dataset_id, new.layer),
        version=standing.newest["version"] + 1,
    )


def _promotion(new: NewVersion, standing: _Standing, judgement: Judgement) -> Promotion:
    if standing.newest is not None and not judgement.compatible:
        return "incompatible"
    if standing.dataset["promotions"] == "frozen":
        return "frozen"
    return "current" if new.promote or standing.newest is None else "not_asked"


def _stored(
    connection: Connection,
    services: Services,
    call: Call,
    new: NewVersion,
    standing: _Standing,
    verdicts: Verdicts,
) -> Done:
    judgement = _judge(connection, new, standing, verdicts)
    promotion = _promotion(new, standing, judgement)
    row = _insert(connection, call, new, standing, judgement)
    base_hash = standing.base.schema_hash if standing.base else ""
    if text := verdicts.texts.get(base_hash):
        services.engine.keep(connection, base_hash, new.schema.sha256, text, WHOLE)
    _record(connection, call, row)
    if promotion == "current":
        currents.flip(connection, call.actor, row, standing.current)
    sent = deliveries.announce(
        connection,
        call,
        judgement,
        dataset=standing.dataset,
        layer=new.layer,
        version=row["version"],
        is_current=promotion == "current",
    )
    body = _ingested(row, promotion, judgement.checked_against, judgement.message)
    told = signals.Ingest(services, call, body, judgement, sent)
    return Done(body=body, status=201, after=(told.stored,))


def _unchanged(
    connection: Connection,
    services: Services,
    call: Call,
    new: NewVersion,
    standing: _Standing,
    verdicts: Verdicts,
) -> Done:
    """The newest version came again: it may still become current."""
    row = standing.newest
    assert row is not None
    promotion: Promotion = "current"
    if not row["is_current"]:
        judgement = _judge(connection, new, standing, verdicts)
        promotion = _promotion(new, standing, judgement)
        if promotion == "current":
            currents.flip(connection, call.actor, dict(row), standing.current)
    checked = [] if row["compared_with"] is None else [row["compared_with"]]
    message = in_words(row["compatibility"]) if checked else FIRST.message
    body = _ingested(dict(row), promotion, checked, f"the newest version again; {message}")
    flipped = promotion == "current" and not row["is_current"]
    told = signals.Ingest(services, call, body, None, 0)
    return Done(body=body, after=(told.unchanged, *([told.current_set] if flipped else [])))


def _insert(
    connection: Connection,
    call: Call,
    new: NewVersion,
    standing: _Standing,
    judgement: Judgement,
) -> dict[str, Any]:
    moment = datetime.now(UTC)
    artifact = {
        "schema_hash": new.schema.sha256,
        "canonical": new.schema.canonical,
        "created_at": moment,
    }
    insert_new(connection, SchemaArtifact, artifact)
    previous = standing.newest["version"] if standing.newest else None
    row: dict[str, Any] = {
        "dataset_id": new.dataset_id,
        "layer": new.layer.value,
        "version": (previous or 0) + 1,
        "previous": previous,
        "schema_hash": new.schema.sha256,
        "schema_registry_id": new.schema_registry_id,
        "is_current": False,
        "compatibility": judgement.classification,
        "compatible": judgement.compatible,
        "compared_with": standing.base.version if standing.base else None,
        "created_at": moment,
        "created_by": call.caller.name,
        "correlation_id": call.correlation_id,
    }
    connection.execute(insert(ContractVersion).values(row))
    return row


def _record(connection: Connection, call: Call, row: dict[str, Any]) -> None:
    shown = ("version", "schema_hash", "compatibility", "compatible", "compared_with")
    target = "{dataset_id}/{layer}/{version}".format(**row)
    record(connection, call.actor, "version.stored", target, new={key: row[key] for key in shown})


def _ingested(
    row: dict[str, Any], promotion: Promotion, checked: list[int], message: str
) -> Ingested:
    return Ingested(
        dataset_id=row["dataset_id"],
        layer=row["layer"],
        version=row["version"],
        is_current=promotion == "current",
        compatibility=row["compatibility"],
        compatible=row["compatible"],
        checked_against=checked,
        promotion=promotion,
        message=f"{message}; {_WORDS[promotion]}",
        schema_hash=row["schema_hash"],
        created_at=row["created_at"],
    )
