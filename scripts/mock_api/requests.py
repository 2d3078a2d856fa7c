"""What an API was asked and how it answered, so that a test can say what a load cost."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scripts.mock_api.faults.calls import TRANSPORT, transport_of
from scripts.mock_api.faults.dialects import Dialect, Json

PATH = "/_control/requests"


class RequestLog:
    """How often each request (method, path with query) was answered, by status.

    An answer counts when it was sent to its end while the client was still connected.
    """

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str, int]] = Counter()

    def add(self, scope: Scope, status: int) -> None:
        query = scope["query_string"].decode("latin-1")
        path = f"{scope['path']}?{query}" if query else scope["path"]
        self._answered[scope["method"], path, status] += 1

    def described(self) -> Json:
        requests = [
            {"method": method, "path": path, "status": status, "count": count}
            for (method, path, status), count in self._answered.items()
        ]
        return {"total": self._answered.total(), "requests": requests}

    def clear(self) -> int:
        """How many there were."""
        count = self._answered.total()
        self._answered.clear()
        return count


class RequestLayer:
    """ASGI around a whole application; logs what is asked below the API's base.

    It must be the outermost layer: it notes the connection, which the `send` it passes on hides.
    """

    def __init__(self, app: ASGIApp, log: RequestLog, dialect: Dialect) -> None:
        self._app = app
        self._log = log
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._dialect.entity(scope["path"]) is None:
            await self._app(scope, receive, send)
            return
        transport = transport_of(send)
        status = 0

        async def logged(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            connected = transport is None or not transport.is_closing()
            await send(message)
            ends = message["type"] == "http.response.body" and not message.get("more_body")
            if ends and connected:
                self._log.add(scope, status)

        await self._app({**scope, TRANSPORT: transport}, receive, logged)


def request_routes() -> list[Route]:
    """Over `app.state.requests`."""
    return [Route(PATH, show, methods=["GET"]), Route(PATH, clear, methods=["DELETE"])]


async def show(request: Request) -> Response:
    return JSONResponse(request.app.state.requests.described())


async def clear(request: Request) -> Response:
    return JSONResponse({"cleared": request.app.state.requests.clear()})
