from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy import Connection

from contracts.registry import deliveries, signals, subscriptions
from contracts.registry.calls import Role
from contracts.registry.idempotency import Done, once
from contracts.registry.requests import (
    KeyedCall,
    Page,
    PageSize,
    PlainCall,
    ServicesOf,
    allow,
)
from contracts.registry.routers import problems, router
from contracts.registry.shapes.subscriptions import (
    DeliveryPage,
    DeliveryStatus,
    NewSubscription,
    SubscriptionMade,
    SubscriptionPage,
)
from contracts.registry.shapes.words import PLAIN, Layer, Word

routes = router("subscriptions")
_OneDataset = Annotated[Word | None, Query(description="Only this dataset.")]


@routes.post(
    "/subscriptions",
    status_code=201,
    response_model=SubscriptionMade,
    responses=problems(400, 404, 409),
    dependencies=[allow(Role.consumer)],
    summary="Subscribe to breaking changes",
)
def create_subscription(new: NewSubscription, services: ServicesOf, call: KeyedCall) -> Response:
    """Says what a consumer reads. With a callback, each change that breaks it is posted there as a
    CloudEvent, signed with the secret of this answer, which is shown this once."""
    call.caller.require_scope(new.dataset_id, new.layer)

    def work(connection: Connection) -> Done:
        made = subscriptions.create(connection, call, new, services.settings.callback_networks)

        def told() -> None:
            signals.subscription_created(services, call, made)

        return Done(body=made, status=201, after=(told,))

    return once(services, call, "subscription.create", work)


@routes.get(
    "/subscriptions",
    response_model=SubscriptionPage,
    responses=problems(),
    dependencies=[allow(Role.consumer)],
    summary="List subscriptions",
)
def list_subscriptions(
    services: ServicesOf,
    call: PlainCall,
    dataset_id: _OneDataset = None,
    layer: Annotated[Layer | None, Query(description="Only this layer.")] = None,
    consumer: Annotated[Word | None, Query(description="Only this consumer.")] = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> SubscriptionPage:
    """Newest first; those that the token is for."""
    with services.database.read("subscription.list") as connection:
        return subscriptions.page(
            connection,
            call.caller,
            dataset_id=dataset_id,
            layer=layer,
            consumer=consumer,
            number=page,
            size=page_size,
        )


@routes.delete(
    "/subscriptions/{subscription_id}",
    status_code=204,
    response_class=Response,
    responses=problems(404),
    dependencies=[allow(Role.consumer)],
    summary="End a subscription",
)
def delete_subscription(
    subscription_id: Annotated[
        str, Path(max_length=200, pattern=PLAIN, description="The subscription's id.")
    ],
    services: ServicesOf,
    call: PlainCall,
) -> Response:
    """Nothing more is sent; what was sent stays on record. For who made it, and operators."""
    services.database.write(
        "subscription.delete",
        lambda connection: subscriptions.delete(connection, call, subscription_id),
    )
    return Response(status_code=204)


@routes.get(
    "/deliveries",
    response_model=DeliveryPage,
    responses=problems(),
    dependencies=[allow(Role.consumer)],
    summary="List what was sent to subscribers",
)
def list_deliveries(
    services: ServicesOf,
    call: PlainCall,
    subscription_id: Annotated[Word | None, Query(description="Only this subscription.")] = None,
    dataset_id: _OneDataset = None,
    status: Annotated[DeliveryStatus | None, Query(description="Only this status.")] = None,
    page: Page = 1,
    page_size: PageSize = 50,
) -> DeliveryPage:
    """Newest first, each event with every attempt to send it."""
    with services.database.read("delivery.list") as connection:
        return deliveries.page(
            connection,
            call.caller,
            subscription_id=subscription_id,
            dataset_id=dataset_id,
            status=status,
            number=page,
            size=page_size,
        )
