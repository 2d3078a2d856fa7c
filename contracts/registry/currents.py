"""Which version is current: one at most, by a constraint of the database."""

from __future__ import annotations

from sqlalchemy import Connection, update
from starlette.responses import Response

from contracts.registry import datasets, deliveries, signals, subscriptions, versions
from contracts.registry.audit import Actor, record
from contracts.registry.calls import Call
from contracts.registry.database import Row
from contracts.registry.errors import Conflict, NotFound
from contracts.registry.idempotency import Done, once
from contracts.registry.judgements import FIRST, Base, Judgement, Verdicts, judge
from contracts.registry.models import ContractVersion
from contracts.registry.services import Services
from contracts.registry.shapes.versions import CurrentSet
from contracts.registry.shapes.words import Layer


def flip(
    connection: Connection,
    actor: Actor,
    row: Row,
    previous: Row | None,
) -> None:
    """Makes a stored version current instead of the one before; the layer must be locked."""
    here = (ContractVersion.dataset_id == row["dataset_id"]) & (
        ContractVersion.layer == row["layer"]
    )
    change = update(ContractVersion)
    if previous is not None:
        before = here & (ContractVersion.version == previous["version"])
        connection.execute(change.where(before).values(is_current=False))
    after = here & (ContractVersion.version == row["version"])
    connection.execute(change.where(after).values(is_current=True))
    record(
        connection,
        actor,
        "current.set",
        "{dataset_id}/{layer}/{version}".format(**row),
        old={"version": previous["version"] if previous else None},
        new={"version": row["version"]},
    )


def set_current(
    services: Services, call: Call, dataset_id: str, layer: Layer, version: str
) -> Response:
    """Flips to any stored version, also back. Raises `NotFound`, `Conflict` when frozen.

    Whom the flip breaks is told, as when a version comes.
    """

    def work(connection: Connection) -> Done:
        services.database.lock(connection, "versions", dataset_id, layer)
        dataset = datasets.find(connection, dataset_id, hold=True)
        if dataset["status"] == "retired":
            raise Conflict("the dataset is retired", {"dataset_id": dataset_id})
        if dataset["promotions"] == "frozen":
            raise Conflict(
                "promotions are frozen: open them first (PATCH the dataset)",
                {"dataset_id": dataset_id, "promotions": "frozen"},
            )
        row = versions.find(connection, dataset_id, layer, version)
        current = _current(connection, dataset_id, layer)
        body = CurrentSet(
            dataset_id=dataset_id,
            layer=layer,
            version=row["version"],
            is_current=True,
            previous_version=current["version"] if current else None,
        )
        if row["is_current"]:
            return Done(body=body)
        flip(connection, call.actor, row, current)
        judgement = _judge(connection, services, dataset, row, current)
        sent = deliveries.announce(
            connection,
            call,
            judgement,
            dataset=dataset,
            layer=layer,
            version=row["version"],
            is_current=True,
        )
        return Done(body=body, after=(signals.Flip(services, call, body, judgement, sent).told,))

    return once(services, call, "current.set", work)


def _current(connection: Connection, dataset_id: str, layer: str) -> Row | None:
    try:
        return versions.find(connection, dataset_id, layer, "current")
    except NotFound:
        return None


def _judge(
    connection: Connection,
    services: Services,
    dataset: Row,
    row: Row,
    current: Row | None,
) -> Judgement:
    if current is None:
        return FIRST
    schema = services.engine.schema(connection, row["schema_hash"])
    return judge(
        connection,
        Verdicts(services.engine, schema),
        dataset=dataset,
        layer=row["layer"],
        base=Base(current["version"], current["schema_hash"]),
        subscriptions=subscriptions.active(connection, row["dataset_id"], row["layer"]),
        version=row["version"],
    )
