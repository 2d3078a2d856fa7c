"""The pages. None changes anything; each needs the role of the route that tells the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import HTMLResponse

from contracts.policy import meaning
from contracts.registry import audit, datasets, deliveries, subscriptions
from contracts.registry.calls import Role
from contracts.registry.errors import NotFound
from contracts.registry.requests import (
    DatasetPath,
    LayerPath,
    Page,
    PlainCall,
    ServicesOf,
    allow,
)
from contracts.registry.shapes.datasets import Status
from contracts.registry.shapes.subscriptions import SubscriptionBody, SubscriptionPage
from contracts.registry.shapes.words import PLAIN, VERSION, Layer
from contracts.registry.ui import comparisons, listings, rendering
from contracts.registry.ui.listings import LayerState, Listing

routes = APIRouter(
    prefix=rendering.AT,
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[allow(Role.consumer)],
)
_ON_A_PAGE = 25
_ON_THE_OVERVIEW = 5
_HERE = "/datasets/{dataset_id}"
_Text = Annotated[str, Query(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Version = Annotated[str, Query(pattern=VERSION)]


@routes.get("/page.css")
async def page_css() -> Response:
    return rendering.stylesheet()


@routes.get("")
def dataset_list(
    request: Request,
    services: ServicesOf,
    call: PlainCall,
    q: _Text = "",
    status: Status | Literal[""] = "",
    page: Page = 1,
) -> Response:
    """Datasets by namespace and name; `q` are words that all must be met."""
    with services.database.read("ui.datasets") as connection:
        found = listings.search(
            connection, call.caller, words=q, status=status, number=page, size=_ON_A_PAGE
        )
    return rendering.page(
        "datasets.html.j2", found=found, q=q, status=status, link=_link_to(request)
    )


@routes.get(_HERE)
def dataset_page(dataset_id: DatasetPath, services: ServicesOf, call: PlainCall) -> Response:
    """A dataset with what came last in each layer, and who reads it."""
    with services.database.read("ui.dataset") as connection:
        dataset = datasets.get(connection, dataset_id)
        states = listings.layer_states(connection, call.caller, [dataset_id])[dataset_id]
        timelines = [
            listings.timeline(connection, each.newest, number=1, size=_ON_THE_OVERVIEW)
            for each in states
        ]
        subscribers = subscriptions.page(
            connection,
            call.caller,
            dataset_id=dataset_id,
            number=1,
            size=_ON_A_PAGE,
        )
    return rendering.page(
        "dataset.html.j2",
        dataset=dataset,
        policy=meaning(dataset.compatibility),
        layers=list(zip(states, timelines, strict=True)),
        subscribers=subscribers,
        may_audit=call.caller.role >= Role.operator,
    )


@routes.get(f"{_HERE}/layers/{{layer}}")
def layer_page(
    request: Request,
    dataset_id: DatasetPath,
    layer: LayerPath,
    services: ServicesOf,
    call: PlainCall,
    page: Page = 1,
) -> Response:
    """A layer's whole timeline, newest first."""
    with services.database.read("ui.layer") as connection:
        dataset = datasets.get(connection, dataset_id)
        found = listings.layer_states(connection, call.caller, [dataset_id])[dataset_id]
        state = _of(found, layer)
        timeline = listings.timeline(connection, state.newest, number=page, size=_ON_A_PAGE)
    return rendering.page(
        "layer.html.j2", dataset=dataset, state=state, found=timeline, link=_link_to(request)
    )


def _of(states: list[LayerState], layer: Layer) -> LayerState:
    for state in states:
        if state.layer == layer:
            return state
    raise NotFound(f"the dataset has no version in layer {layer.value}", {"layer": layer})


@routes.get(f"{_HERE}/layers/{{layer}}/diff")
def diff_page(
    request: Request,
    dataset_id: DatasetPath,
    layer: LayerPath,
    services: ServicesOf,
    from_: Annotated[_Version, Query(alias="from")] = "current",
    to: _Version = "latest",
    page: Page = 1,
) -> Response:
    """Two versions side by side, each change with its reason, and whom it breaks."""
    compared = comparisons.compare_versions(
        services, dataset_id, layer.value, old=from_, new=to, number=page, size=_ON_A_PAGE
    )
    return rendering.page(
        "diff.html.j2", layer=layer.value, compared=compared, link=_link_to(request)
    )


@routes.get(f"{_HERE}/layers/{{layer}}/subscribers")
def subscribers_page(
    request: Request,
    dataset_id: DatasetPath,
    layer: LayerPath,
    services: ServicesOf,
    call: PlainCall,
    field: _Text = "",
    page: Page = 1,
) -> Response:
    """Who reads a layer; with a field, whom a change of it can break."""
    found: Listing[SubscriptionBody] | SubscriptionPage
    with services.database.read("ui.subscribers") as connection:
        dataset = datasets.get(connection, dataset_id)
        if field:
            every = subscriptions.active(connection, dataset_id, layer.value)
            found = comparisons.readers_of(every, field, number=page, size=_ON_A_PAGE)
        else:
            found = subscriptions.page(
                connection,
                call.caller,
                dataset_id=dataset_id,
                layer=layer.value,
                number=page,
                size=_ON_A_PAGE,
            )
    return rendering.page(
        "subscribers.html.j2",
        dataset=dataset,
        layer=layer.value,
        field=field,
        found=found,
        link=_link_to(request),
    )


@routes.get("/subscriptions/{subscription_id}")
def subscription_page(
    request: Request,
    subscription_id: Annotated[str, Path(max_length=200, pattern=PLAIN)],
    services: ServicesOf,
    call: PlainCall,
    page: Page = 1,
) -> Response:
    """What was sent to a subscriber, newest first, with every attempt."""
    with services.database.read("ui.subscription") as connection:
        subscription = subscriptions.find(connection, subscription_id)
        call.caller.require_scope(subscription.dataset_id, subscription.layer)
        dataset = datasets.get(connection, subscription.dataset_id)
        found = deliveries.page(
            connection,
            call.caller,
            subscription_id=subscription_id,
            number=page,
            size=_ON_A_PAGE,
        )
    return rendering.page(
        "subscription.html.j2",
        dataset=dataset,
        subscription=subscription,
        found=found,
        link=_link_to(request),
    )


@routes.get(f"{_HERE}/audit", dependencies=[allow(Role.operator)])
def audit_page(
    request: Request, dataset_id: DatasetPath, services: ServicesOf, page: Page = 1
) -> Response:
    """Who changed what of a dataset, newest first; for operators, as the route is."""
    with services.database.read("ui.audit") as connection:
        dataset = datasets.get(connection, dataset_id)
        items, total = audit.entries(
            connection, target=dataset_id, actor=None, page=page, page_size=_ON_A_PAGE
        )
    found = Listing(items=items, page=page, page_size=_ON_A_PAGE, total=total)
    return rendering.page("audit.html.j2", dataset=dataset, found=found, link=_link_to(request))


def _link_to(request: Request) -> Callable[[int], str]:
    """The link to another page of what is asked for."""
    asked = dict(request.query_params)
    return lambda number: f"?{urlencode({**asked, 'page': number})}"
