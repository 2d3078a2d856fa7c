"""Who reads what, and wants to be told when it breaks."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from contracts.registry import datasets
from contracts.registry.addresses import check_callback, host_of
from contracts.registry.audit import record
from contracts.registry.calls import Call, Caller, Role
from contracts.registry.errors import Conflict, Forbidden, NotFound
from contracts.registry.models import Subscription
from contracts.registry.paging import page_of
from contracts.registry.settings import Network
from contracts.registry.shapes.subscriptions import (
    NewSubscription,
    SubscriptionBody,
    SubscriptionMade,
    SubscriptionPage,
)

_ACTIVE = select(*(Subscription.__table__.c[name] for name in SubscriptionBody.model_fields)).where(
    Subscription.deleted_at.is_(None)
)


def create(
    connection: Connection,
    call: Call,
    new: NewSubscription,
    networks: tuple[Network, ...],
) -> SubscriptionMade:
    """Raises `NotFound`, `Conflict` for a retired dataset, `Invalid` for a bad callback."""
    if datasets.find(connection, new.dataset_id, hold=True)["status"] == "retired":
        raise Conflict("the dataset is retired", {"dataset_id": new.dataset_id})
    if new.callback_url is not None:
        check_callback(new.callback_url, networks)
    made = SubscriptionMade(
        subscription_id=f"sub_{secrets.token_hex(8)}",
        created_at=datetime.now(UTC),
        created_by=call.caller.name,
        secret=f"whsec_{secrets.token_urlsafe(32)}" if new.callback_url else None,
        **new.model_dump(),
    )
    row = made.model_dump() | {"fields": json.dumps(made.fields), "layer": made.layer.value}
    connection.execute(insert(Subscription).values(row))
    record(connection, call.actor, "subscription.created", _target(made), new=_shown(made))
    return made


def _target(body: SubscriptionBody) -> str:
    return f"{body.dataset_id}/{body.layer}/{body.subscription_id}"


def _shown(body: SubscriptionBody) -> dict[str, object]:
    """For the audit trail: without the secret."""
    return body.model_dump(mode="json", exclude={"secret"})


def page(
    connection: Connection, caller: Caller, *, number: int, size: int, **equal: str | None
) -> SubscriptionPage:
    """Those that the caller may see, newest first; of another's callback the host alone.

    `equal` are columns.
    """
    query = caller.scoped(_ACTIVE, Subscription, **equal)
    order = (Subscription.created_at.desc(), Subscription.subscription_id.expression)
    rows, total = page_of(connection, query, *order, number=number, size=size)
    items = [_told(_body(row), caller) for row in rows]
    return SubscriptionPage(items=items, page=number, page_size=size, total=total)


def _told(body: SubscriptionBody, caller: Caller) -> SubscriptionBody:
    if body.callback_url is None or _is_own(body, caller):
        return body
    return body.model_copy(update={"callback_url": host_of(body.callback_url)})


def _is_own(body: SubscriptionBody, caller: Caller) -> bool:
    """Whether the caller made it; an operator stands for all."""
    return caller.role >= Role.operator or body.created_by == caller.name


def active(connection: Connection, dataset_id: str, layer: str) -> list[SubscriptionBody]:
    """All of a dataset's layer."""
    query = _ACTIVE.where(Subscription.dataset_id == dataset_id, Subscription.layer == layer)
    return [_body(row) for row in connection.execute(query).mappings()]


def find(connection: Connection, subscription_id: str) -> SubscriptionBody:
    """Raises `NotFound`."""
    query = _ACTIVE.where(Subscription.subscription_id == subscription_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("there is no such subscription", {"subscription_id": subscription_id})
    return _body(row)


def delete(connection: Connection, call: Call, subscription_id: str) -> None:
    """Ends it; what was sent stays on record. Raises `NotFound`, `Forbidden` for another's."""
    found = find(connection, subscription_id)
    call.caller.require_scope(found.dataset_id, found.layer)
    if not _is_own(found, call.caller):
        raise Forbidden("only who made a subscription ends it, or an operator")
    this = Subscription.subscription_id == subscription_id
    connection.execute(update(Subscription).where(this).values(deleted_at=datetime.now(UTC)))
    record(connection, call.actor, "subscription.deleted", _target(found), old=_shown(found))


def _body(row: RowMapping) -> SubscriptionBody:
    return SubscriptionBody(**{**row, "fields": json.loads(row["fields"])})
