"""The shapes of the API's answers: bare arrays, envelopes, nothing at all, and error bodies."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import msgspec
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from scripts.mock_api.world import World
from scripts.mock_api.zephyr.objects import Json

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Zephyr</title></head><body>Sign in</body></html>"


def json_answer(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def error(status: int, message: str) -> Response:
    return json_answer({"errorMsg": message, "errorCode": status}, status)


def login_page() -> Response:
    """What any path outside the API answers, with status 200."""
    return HTMLResponse(LOGIN_PAGE)


def listing(world: World, rows: Sequence[Json], *key: object) -> Response:
    """A bare array; an empty one may be `[]`, a 204 or an empty body, depending on `key`."""
    return json_answer(rows) if rows else _nothing(world, [], *key)


def page(
    world: World, rows: Sequence[Json], *, offset: int, page_size: int, total: int, key: object
) -> Response:
    """An envelope, alone or in an array of one; its `resultSize` is often 0 with rows present."""
    envelope = {
        "firstResult": offset,
        "resultSize": total if world.number("result size", key) % 2 else 0,
        "pageNumber": offset // page_size if page_size else 0,
        "results": rows,
        "type": "execution",
    }
    wrapped = world.number("wrapped", key, offset) % 2
    content = [envelope] if wrapped else envelope
    return json_answer(content) if rows else _nothing(world, content, "page", key)


def _nothing(world: World, content: object, *key: object) -> Response:
    no_body = Response(b"", media_type="application/json")
    forms = (json_answer(content), Response(status_code=204), no_body)
    return forms[world.number("nothing", *key) % len(forms)]


class BearerAuth:
    """Lets requests with the right bearer token through, answers 401 to the others."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self.app = app
        self.key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        header = Headers(scope=scope).get("authorization", "")
        scheme, _, token = header.partition(" ")
        known = hmac.compare_digest(token.encode("latin-1"), self.key)
        if known and scheme.lower() == "bearer":
            await self.app(scope, receive, send)
        else:
            await error(401, "Authentication is required.")(scope, receive, send)
