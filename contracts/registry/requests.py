"""Reads a request: its call, its JSON with exact numbers, its page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from contracts.json_schema import Schema, SchemaError, json_text, schema_of
from contracts.registry.calls import Call, Role
from contracts.registry.errors import Invalid, Malformed
from contracts.registry.services import Services
from contracts.registry.shapes.words import PLAIN, VERSION, Layer

MOST_PAGES = 1_000_000
MOST_ON_A_PAGE = 200


class JsonRequest(Request):
    """Numbers as they are written, no key twice, bounded depth."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = read_json(await self.body())
        return self._json


class JsonRoute(APIRoute):
    """A route that reads its request that way."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handler


def read_json(text: bytes) -> Any:
    """Raises `Malformed` for what is no JSON, `Invalid` for JSON that is not taken."""
    try:
        return json_text.read(text, as_written=True)
    except json_text.NotJsonError as error:
        kind = Malformed if error.code == "not_json" else Invalid
        raise kind(error.message, {"reason": error.code, "path": error.path}) from None


def read_schema(value: object) -> Schema:
    """The schema in a request. Raises `Invalid` saying which rule it breaks, and where."""
    try:
        return schema_of(value)
    except SchemaError as error:
        raise Invalid(
            f"schema_json is no schema that is taken: {error.message}",
            {"reason": error.code, "path": error.path},
        ) from None


async def _services(request: Request) -> Services:  # not async, each would cost a thread
    found: Services = request.app.state.services
    return found


async def _call(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="The first answer to this key is kept for 24 hours and given again.",
        ),
    ] = None,
) -> Call:
    call: Call = request.state.call
    if key is not None:
        query = request.scope["query_string"].decode("latin-1")
        call.route = f"{call.route}?{query}" if query else call.route
        call.idempotency_key = key
        call.fingerprint = hashlib.sha256(await _payload(request)).hexdigest()
    return call


async def _payload(request: Request) -> bytes:
    """What came, so that the order of keys and white space make no difference."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if body and kind == "application/json":
        return json_text.encode(await request.json())
    return kind.encode() + b"\n" + body


def allow(role: Role) -> Any:
    """A dependency: the caller has the role, for the dataset and layer of the path."""

    async def check(request: Request) -> None:
        require(request, role)

    return Depends(check)


def require(request: Request, role: Role) -> None:
    """Raises `Forbidden` unless the caller has the role, for the path's dataset and layer."""
    call: Call = request.state.call
    call.caller.require(role)
    dataset_id = request.path_params.get("dataset_id")
    if dataset_id is not None:
        call.caller.require_scope(dataset_id, request.path_params.get("layer"))


async def _plain_call(request: Request) -> Call:
    """The call of a request that takes no idempotency key."""
    found: Call = request.state.call
    return found


ServicesOf = Annotated[Services, Depends(_services)]
KeyedCall = Annotated[Call, Depends(_call)]
PlainCall = Annotated[Call, Depends(_plain_call)]
DatasetPath = Annotated[
    str, Path(alias="dataset_id", max_length=200, pattern=PLAIN, description="The dataset's id.")
]
LayerPath = Annotated[Layer, Path(description="The layer.")]
VersionPath = Annotated[
    str,
    Path(
        pattern=VERSION,
        description="A version's number, `current` or `latest`.",
        examples=["latest"],
    ),
]
Page = Annotated[int, Query(ge=1, le=MOST_PAGES, description="Which page, from 1.")]
PageSize = Annotated[int, Query(ge=1, le=MOST_ON_A_PAGE, description="How many on a page.")]
