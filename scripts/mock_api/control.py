"""The routes for the demo and the tests alone: clock, truth, faults and the count of requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from scripts.mock_api.faults.dialects import Dialect
from scripts.mock_api.faults.registry import FaultLayer, Faults
from scripts.mock_api.faults.routes import fault_routes
from scripts.mock_api.requests import RequestLayer, RequestLog, request_routes
from scripts.mock_api.world import World

Truth = dict[str, Any]


def control_routes(truth: Callable[[World], Truth]) -> list[Route]:
    """`/_control/advance`, `/_control/truth` and `/health`, over `app.state.world`.

    `truth` answers {entity: {"count": n, "sums": {field: {currency: minor units}}}} for all that
    the server's key may see at the world's clock.
    """

    async def advance(request: Request) -> Response:
        body = await request.json()
        try:
            step = timedelta(days=float(body["days"]))
            request.app.state.world = request.app.state.world.advanced(step)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            return JSONResponse({"error": f"days must be a number >= 0: {error}"}, status_code=400)
        return JSONResponse({"now": request.app.state.world.now.isoformat()})

    def tell(request: Request) -> Response:
        world = request.app.state.world
        return JSONResponse({"now": world.now.isoformat(), "entities": truth(world)})

    def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return [
        Route("/health", health),
        Route("/_control/advance", advance, methods=["POST"]),
        Route("/_control/truth", tell),
    ]


def api(
    world: World, routes: Sequence[BaseRoute], truth: Callable[[World], Truth], dialect: Dialect
) -> Starlette:
    """A Starlette application whose handlers read `request.app.state.world` on every request.

    What `/_control/faults` asks for strikes the paths of `dialect` alone, and `/_control/requests`
    counts the answers to them as they were sent, struck or not.
    """
    control = [*control_routes(truth), *fault_routes(), *request_routes()]
    app = Starlette(routes=[*control, *routes])
    app.state.world = world
    app.state.faults = Faults(dialect)
    app.state.requests = RequestLog()
    struck = FaultLayer(app.build_middleware_stack(), app.state.faults)
    app.middleware_stack = RequestLayer(struck, app.state.requests, dialect)
    return app
