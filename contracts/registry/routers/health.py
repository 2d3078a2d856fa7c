from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import text

from contracts.registry.requests import ServicesOf
from contracts.registry.shapes.words import ErrorBody, Shape

routes = APIRouter(tags=["health"])


class Health(Shape):
    """The server answers."""

    status: Literal["ok"] = Field(description="Always `ok`.")


@routes.get("/healthz", response_model=Health, summary="Is it alive?")
async def healthz() -> Health:
    """Asks nothing of the store."""
    return Health(status="ok")


@routes.get(
    "/readyz",
    response_model=Health,
    responses={503: {"model": ErrorBody, "description": "The store does not answer."}},
    summary="Is it ready?",
)
def readyz(services: ServicesOf) -> Health:
    """Asks the store."""
    with services.database.read("ready") as connection:
        connection.execute(text("select count(*) from tokens where 1 = 0"))
    return Health(status="ok")


@routes.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' exposition format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
    summary="Metrics",
)
async def metrics(services: ServicesOf) -> Response:
    """Counters and histograms; docs/registry/observability.md explains them."""
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
