"""The outbox: events are written with the change that they tell of, and sent afterwards."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, insert, select, update

from contracts.compatibility import Finding
from contracts.fields import hits
from contracts.registry.calls import Call, Caller
from contracts.registry.database import Row
from contracts.registry.engine import plain
from contracts.registry.judgements import Judgement
from contracts.registry.models import Delivery, DeliveryAttempt, Subscription
from contracts.registry.paging import page_of
from contracts.registry.shapes.subscriptions import (
    Attempt,
    BrokenSubscription,
    DeliveryBody,
    DeliveryPage,
)

BREAKING = "dcr.breaking.detected"
_MOST_CHANGES = 100
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def announce(
    connection: Connection,
    call: Call,
    judgement: Judgement,
    *,
    dataset: Row,
    layer: str,
    version: int,
    is_current: bool,
) -> int:
    """Writes an event for each broken subscription that has a callback; returns how many."""
    moment = datetime.now(UTC)
    facts = {
        "dataset_id": dataset["dataset_id"],
        "namespace": dataset["namespace"],
        "name": dataset["name"],
        "layer": layer,
        "version": version,
        "is_current": is_current,
        "classification": judgement.classification,
        "compatible": judgement.compatible,
        "checked_against": judgement.checked_against,
    }
    ids = [each.subscription_id for each in judgement.broken]
    reachable = select(Subscription.subscription_id).where(
        Subscription.subscription_id.in_(ids), Subscription.callback_url.is_not(None)
    )
    wanted = set(connection.execute(reachable).scalars()) if ids else set()
    rows = [
        _row(call, facts, each, judgement.changes, moment)
        for each in judgement.broken
        if each.subscription_id in wanted
    ]
    if rows:
        connection.execute(insert(Delivery), rows)
    return len(rows)


def _row(
    call: Call,
    facts: dict[str, Any],
    broken: BrokenSubscription,
    changes: Sequence[tuple[int, Finding]],
    moment: datetime,
) -> dict[str, Any]:
    delivery_id = f"evt_{secrets.token_hex(12)}"
    hit = [plain(each) for _, each in changes if hits(each, broken.fields)]
    about = {name: facts[name] for name in ("dataset_id", "layer", "version")}
    return {
        "delivery_id": delivery_id,
        "subscription_id": broken.subscription_id,
        **about,
        "event_type": BREAKING,
        "body": _ENCODER.encode(
            {
                "specversion": "1.0",
                "id": delivery_id,
                "source": "/data-contract-registry/v1/datasets/{dataset_id}".format(**about),
                "type": BREAKING,
                "subject": "layers/{layer}/versions/{version}".format(**about),
                "time": moment,
                "datacontenttype": "application/json",
                "correlationid": call.correlation_id,
                "data": {
                    **facts,
                    "subscription_id": broken.subscription_id,
                    "consumer": broken.consumer,
                    "reasons": broken.reasons[:_MOST_CHANGES],
                    "changes": hit[:_MOST_CHANGES],
                },
            }
        ),
        "status": "pending",
        "attempts": 0,
        "next_attempt_at": moment,
        "created_at": moment,
        "correlation_id": call.correlation_id,
    }


_DUE = (
    select(
        Delivery.delivery_id,
        Delivery.attempts,
        Delivery.next_attempt_at,
        Delivery.body,
        Delivery.correlation_id,
        Subscription.callback_url,
        Subscription.secret,
        Subscription.deleted_at,
    )
    .join(Subscription, Subscription.subscription_id == Delivery.subscription_id)
    .where(Delivery.status == "pending")
    .order_by(Delivery.next_attempt_at)
)


def due(connection: Connection, most: int) -> list[RowMapping]:
    """What is to be sent by now, the longest overdue first."""
    query = _DUE.where(Delivery.next_attempt_at <= datetime.now(UTC)).limit(most)
    return list(connection.execute(query).mappings())


def claim(connection: Connection, row: RowMapping, lease: timedelta) -> bool:
    """Whether the attempt is this process's; should it die, another tries after the lease."""
    mine = (
        (Delivery.delivery_id == row["delivery_id"])
        & (Delivery.status == "pending")
        & (Delivery.attempts == row["attempts"])
    )
    values = {
        "attempts": row["attempts"] + 1,
        "next_attempt_at": datetime.now(UTC) + lease,
    }
    return connection.execute(update(Delivery).where(mine).values(values)).rowcount == 1


def settle(
    connection: Connection,
    delivery_id: str,
    attempt: Attempt,
    *,
    status: str,
    next_attempt_at: datetime,
) -> None:
    """Puts an attempt on record, and what follows from it."""
    connection.execute(
        insert(DeliveryAttempt).values(delivery_id=delivery_id, **attempt.model_dump())
    )
    values: dict[str, Any] = {"status": status, "next_attempt_at": next_attempt_at}
    if status == "delivered":
        values["delivered_at"] = datetime.now(UTC)
    this = Delivery.delivery_id == delivery_id
    connection.execute(update(Delivery).where(this).values(values))


def page(
    connection: Connection, caller: Caller, *, number: int, size: int, **equal: str | None
) -> DeliveryPage:
    """Those that the caller may see, newest first, each with its attempts; `equal` are columns."""
    query = caller.scoped(select(Delivery.__table__), Delivery, **equal)
    order = (Delivery.created_at.desc(), Delivery.delivery_id.expression)
    rows, total = page_of(connection, query, *order, number=number, size=size)
    attempts = _attempts(connection, [row["delivery_id"] for row in rows])
    items = [_body(row, attempts.get(row["delivery_id"], [])) for row in rows]
    return DeliveryPage(items=items, page=number, page_size=size, total=total)


def _attempts(connection: Connection, ids: Sequence[str]) -> dict[str, list[Attempt]]:
    query = (
        select(DeliveryAttempt.__table__)
        .where(DeliveryAttempt.delivery_id.in_(ids))
        .order_by(DeliveryAttempt.number)
    )
    found: dict[str, list[Attempt]] = {}
    for row in connection.execute(query).mappings():
        values = dict(row)
        found.setdefault(values.pop("delivery_id"), []).append(Attempt(**values))
    return found


def _body(row: RowMapping, attempts: list[Attempt]) -> DeliveryBody:
    values = {name: row[name] for name in DeliveryBody.model_fields if name in row}
    values["next_attempt_at"] = row["next_attempt_at"] if row["status"] == "pending" else None
    return DeliveryBody(**{**values, "event": json.loads(row["body"]), "attempts": attempts})
