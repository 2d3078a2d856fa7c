"""A request on its way through the faults, and the ways to cut its connection."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TRANSPORT = "hallmark.transport"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Answer:
    """A whole answer, held back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    async def start(self, send: Send, length: int) -> None:
        """Sends status and headers; a Content-Length says `length`."""
        told = str(length).encode()
        headers = [
            (name, told if name == b"content-length" else value) for name, value in self.headers
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})

    async def send(self, send: Send) -> None:
        await self.start(send, len(self.body))
        await send({"type": "http.response.body", "body": self.body})


class Call(NamedTuple):
    """One request, and the application (with the faults further in) that would answer it."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def pass_on(self) -> None:
        await self.app(self.scope, self.receive, self.send)

    async def answer(self) -> Answer | None:
        """The application's answer; None when it cut the connection instead."""
        start: Message = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self.receive, keep)
        return Answer(start["status"], list(start["headers"]), bytes(body)) if start else None

    async def reset(self) -> None:
        """Ends the connection with RST: the client loses even what was sent to it before."""
        transport = self._transport()
        fileno = os.dup(transport.get_extra_info("socket").fileno())
        with socket.socket(fileno=fileno) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()
        await self.disconnected()

    async def hang_up(self) -> None:
        """Ends the connection after what was sent so far."""
        self._transport().close()
        await self.disconnected()

    async def disconnected(self) -> None:
        """Waits until the connection is gone."""
        while (await self.receive()).get("more_body"):
            pass
        await self.receive()

    async def pause(self, seconds: float) -> None:
        """Waits, no longer than the client does."""
        try:
            async with asyncio.timeout(seconds):
                await self.disconnected()
        except TimeoutError:
            pass

    def _transport(self) -> asyncio.Transport:
        """Raises ConnectionResetError without a socket: an application called in-process."""
        transport = self.scope.get(TRANSPORT)
        if transport is None:
            raise ConnectionResetError("the server cut the connection")
        return cast(asyncio.Transport, transport)

    def with_query(self, query: bytes) -> Call:
        return self._replace(scope={**self.scope, "query_string": query})


def transport_of(send: Send) -> Any:
    """The connection behind uvicorn's `send`, which ASGI itself has no word for; else None."""
    return getattr(getattr(send, "__self__", None), "transport", None)
