"""A Zephyr Enterprise server with its real quirks, for demos and tests."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from scripts.mock_api.control import api
from scripts.mock_api.faults.dialects import ZEPHYR
from scripts.mock_api.world import World
from scripts.mock_api.zephyr.answers import BearerAuth, login_page
from scripts.mock_api.zephyr.routes import api_routes
from scripts.mock_api.zephyr.truth import truth

BASE_PATH = "/flex/services/rest/latest"


def create_app(world: World, key: str) -> Starlette:
    """The server over `world`; everything below `BASE_PATH` asks for `key` as bearer token."""
    guard = Middleware(BearerAuth, key=key)
    mount = Mount(BASE_PATH, routes=api_routes(), middleware=[guard])
    outside = Route("/{path:path}", _outside)
    return api(world, [mount, outside], truth, ZEPHYR)


async def _outside(_: Request) -> Response:
    return login_page()
