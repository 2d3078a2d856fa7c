"""A server for benchmarks: the bundled API's charges, rendered once, sent as fast as Python can.

It answers `GET /v1/charges` by `starting_after` alone and says that there are no events, so that
what is measured is the loader and not the rendering of a fake.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec

from dlt_pipelines.errors import ConfigurationError
from scripts.mock_api.payments.books import books_of
from scripts.mock_api.payments.listing import Listing
from scripts.mock_api.world import World

PAGE = 100
CHARGES_PER_SCALE = 476.0
NO_ROWS = b'{"object":"list","data":[],"has_more":false,"url":"/v1/events"}'


def render(charges: int) -> dict[str, bytes]:
    """About `charges` charges as HTTP answers, newest first, by the `starting_after` asking."""
    world = World.at(datetime.now(UTC), scale=charges / CHARGES_PER_SCALE)
    listing = Listing(books_of(world), "charges", int(world.now.timestamp()))
    rows = [listing.render(member) for member in listing.members()]
    rows.sort(key=lambda row: (row["created"], row["id"]), reverse=True)
    answers = {}
    for start in range(0, len(rows), PAGE):
        page = rows[start : start + PAGE]
        more = start + PAGE < len(rows)
        body = {"object": "list", "data": page, "has_more": more, "url": "/v1/charges"}
        answers[rows[start - 1]["id"] if start else ""] = _answer(msgspec.json.encode(body))
    return answers


def _answer(body: bytes) -> bytes:
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
    return f"{head}{len(body)}\r\n\r\n".encode() + body


class _Protocol(asyncio.Protocol):
    """Answers requests without a body, one after the other, on a connection that stays open."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self._answers = answers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            url = urlsplit(head.split(b" ", 2)[1].decode())
            after = parse_qs(url.query).get("starting_after", [""])[0]
            known = url.path == "/v1/charges"
            self._transport.write(self._answers[after] if known else _answer(NO_ROWS))


async def _serve(answers: dict[str, bytes]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Protocol(answers), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{port}", "pages": len(answers)}) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def serving(charges: int) -> Iterator[str]:
    """The base URL of such a server, in a process of its own that ends with the block."""
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmarks.pages", str(charges)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        if not line:
            raise ConfigurationError("the page server did not start; its error is above")
        yield str(json.loads(line)["url"])
    finally:
        child.terminate()
        child.wait()


def main(arguments: Sequence[str]) -> None:
    asyncio.run(_serve(render(int(arguments[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
