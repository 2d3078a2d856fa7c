"""A Stripe-compatible payments API whose data is a pure function of a `World`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from functools import lru_cache

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.mock_api.control import api
from scripts.mock_api.faults.dialects import PAYMENTS
from scripts.mock_api.payments.books import PREFIXES, books_of
from scripts.mock_api.payments.errors import ApiError, missing, no_key, unknown_url, wrong_key
from scripts.mock_api.payments.listing import Listing
from scripts.mock_api.payments.query import parse_query
from scripts.mock_api.payments.truth import truth
from scripts.mock_api.world import World

PAGES_KEPT = 512

Items = tuple[tuple[str, str], ...]
Page = Callable[[World, str, Items], bytes]


def create_app(world: World, key: str) -> Starlette:
    """Serves `/v1/…` to whoever shows `key`, and `/health` and `/_control/…` to everybody."""
    page = lru_cache(maxsize=PAGES_KEPT)(encoded_page)

    async def answer(request: Request) -> Response:
        headers = {"Request-Id": request_id(request)}
        if version := request.headers.get("stripe-version"):
            headers["Stripe-Version"] = version
        try:
            authorize(request.headers.get("authorization", ""), key)
            status, body = 200, read(request, page)
        except ApiError as error:
            status, body = error.status, msgspec.json.encode(error.body())
            if status == 401:
                headers["WWW-Authenticate"] = 'Bearer realm="Stripe"'
        return Response(body, status, headers, media_type="application/json")

    return api(world, [Route("/v1/{path:path}", answer)], truth, PAYMENTS)


def read(request: Request, page: Page) -> bytes:
    entity, _, identity = request.path_params["path"].partition("/")
    if entity not in PREFIXES or "/" in identity:
        raise unknown_url(request.method, request.url.path)
    world: World = request.app.state.world
    if identity:
        return encoded_object(world, entity, identity)
    return page(world, entity, tuple(request.query_params.multi_items()))


def encoded_object(world: World, entity: str, identity: str) -> bytes:
    listing = Listing(books_of(world), entity, int(world.now.timestamp()))
    member = listing.find(identity)
    if member is None:
        raise missing(entity, identity, param="id", status=404)
    return msgspec.json.encode(listing.render(member))


def encoded_page(world: World, entity: str, items: Items) -> bytes:
    query = parse_query(items, entity)
    listing = Listing(books_of(world), entity, int(world.now.timestamp()))
    members, has_more = listing.page(query)
    data = [listing.render(member) for member in members]
    return msgspec.json.encode(
        {"object": "list", "data": data, "has_more": has_more, "url": f"/v1/{entity}"}
    )


def authorize(header: str, key: str) -> None:
    """Bearer, or Basic with the key as the user name; raises 401 and never repeats what came."""
    scheme, _, value = header.partition(" ")
    shown = value.strip()
    if scheme.lower() == "basic":
        try:
            shown = base64.b64decode(shown, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            raise wrong_key() from None
    elif scheme.lower() != "bearer":
        raise no_key()
    if not shown:
        raise no_key()
    if not hmac.compare_digest(shown.encode(), key.encode()):
        raise wrong_key()


def request_id(request: Request) -> str:
    """The same request gets the same id."""
    digest = hashlib.blake2b(str(request.url).encode(), digest_size=7).hexdigest()
    return f"req_{digest}"
