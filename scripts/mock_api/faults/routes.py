"""`/_control/faults`: add a fault, list them, clear them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.mock_api.faults.registry import Faults

PATH = "/_control/faults"


def fault_routes() -> list[Route]:
    """Over `app.state.faults`; what a body may hold is `fault.Spec`."""
    return [
        Route(PATH, add, methods=["POST"]),
        Route(PATH, show, methods=["GET"]),
        Route(PATH, clear, methods=["DELETE"]),
    ]


async def add(request: Request) -> Response:
    faults: Faults = request.app.state.faults
    try:
        fault = faults.add(await request.body())
    except ValueError as error:
        return JSONResponse({"error": str(error), "known": faults.known()}, status_code=400)
    return JSONResponse(fault.described(), status_code=201)


async def show(request: Request) -> Response:
    return JSONResponse({"faults": request.app.state.faults.described()})


async def clear(request: Request) -> Response:
    return JSONResponse({"cleared": request.app.state.faults.clear()})
