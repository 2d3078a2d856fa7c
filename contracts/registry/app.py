"""The application: routes behind the gate, one shape for everything that goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from contracts.registry.errors import Invalid, Problem
from contracts.registry.gate import BASE, Gate, problem_response
from contracts.registry.routers import (
    audit,
    compatibility,
    datasets,
    health,
    subscriptions,
    versions,
)
from contracts.registry.sender import Sender
from contracts.registry.services import Services
from contracts.registry.ui import pages

_ABOUT = (
    "Every version of a dataset's schema per layer: what changed, whether it breaks anyone, and"
    " whom. Send `Authorization: Bearer <token>`; `hallmark registry token create` makes one."
)
_ROUTES = (versions, datasets, compatibility, subscriptions, audit)


def create_app(services: Services) -> FastAPI:
    """The whole service over a store whose tables are up to date; it sends events as it runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with Sender(services):
            yield
        services.database.close()

    app = FastAPI(
        title="Contract registry",
        version=version("hallmark"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    for each in _ROUTES:
        app.include_router(each.routes, prefix=BASE)
    app.include_router(pages.routes)
    app.include_router(health.routes)
    app.include_router(health.routes, prefix=BASE, include_in_schema=False)
    app.add_exception_handler(HTTPException, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(Gate, services=services)
    _describe_tokens(app)
    return app


def _describe_tokens(app: FastAPI) -> None:
    """Says in the OpenAPI document how a token is sent; while there is none, nobody needs one."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        document = make()
        bearer = {"type": "http", "scheme": "bearer", "description": "`hmk_…`"}
        document["components"]["securitySchemes"] = {"token": bearer}
        document["security"] = [{"token": []}, {}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if not isinstance(error, Problem):
        error = _named(error, request)
    return problem_response(error, request.state.call.correlation_id, request.scope["path"])


def _named(error: HTTPException, request: Request) -> Problem:
    """What the framework refuses: an unknown path, a method that a path does not take."""
    words = {
        404: f"there is no {request.url.path}",
        405: f"{request.url.path} does not take {request.method}",
    }
    problem = Problem(words.get(error.status_code, str(error.detail)), headers=error.headers)
    problem.status_code = error.status_code
    return problem


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [_field(each) for each in error.errors()]
    first = fields[0]
    message = f"{first['field']}: {first['message']}"
    problem = Invalid(message, {"fields": fields})
    return problem_response(problem, request.state.call.correlation_id, request.scope["path"])


def _field(error: dict[str, Any]) -> dict[str, str]:
    """Where and why; not what came, which may be large or secret."""
    place, *path = (str(each) for each in error["loc"])
    field = ".".join(path) or place
    return {"in": place, "field": field, "message": error["msg"], "type": error["type"]}
