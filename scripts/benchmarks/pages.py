"""A server for benchmarks: a history of charges, rendered once, sent as fast as Python can.

It answers `GET /v1/charges` by `created[gte]`, `created[lt]`, `starting_after` and `limit`, and
says of any other list that it is empty, so that what is measured is the loader and not a fake.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from dlt_pipelines.errors import ConfigurationError
from scripts.benchmarks.history import END, History, Query

CHARGES = "/v1/charges"
ADVANCE = "/advance"
_NO_ROWS = b'{"object":"list","data":[],"has_more":false}'
_UNKNOWN = b'{"error":{"type":"invalid_request_error","code":"resource_missing"}}'


def answer(history: History, target: str) -> bytes:
    """The HTTP answer to a request's path and query."""
    url = urlsplit(target)
    if url.path == ADVANCE:
        history.advance()
    if url.path != CHARGES:
        return _answer(_NO_ROWS)
    try:
        rows, more = history.page(_query(url.query))
    except KeyError:
        return _answer(_UNKNOWN, status=b"400 Bad Request")
    has_more = b"true" if more else b"false"
    end = b'],"has_more":' + has_more + b',"url":"/v1/charges"}'
    return _answer(b'{"object":"list","data":[', rows, end)


def _query(text: str) -> Query:
    asked = {name: values[-1] for name, values in parse_qs(text).items()}
    return Query(
        since=int(asked.get("created[gte]", 0)),
        until=int(asked.get("created[lt]", END)),
        after=asked.get("starting_after", ""),
        limit=min(int(asked.get("limit", 10)), 100),
    )


def _answer(*body: bytes | memoryview, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return b"".join((head % (status, sum(map(len, body))), *body))


class _Protocol(asyncio.Protocol):
    """Answers requests without a body, one after the other, on a connection that stays open."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._transport.write(answer(self._history, head.split(b" ", 2)[1].decode()))


async def _serve(history: History) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Protocol(history), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def serving(charges: int, increment: int = 0) -> Iterator[str]:
    """The base URL of such a server, in a process of its own that ends with the block."""
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmarks.pages", str(charges), str(increment)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        url = child.stdout.readline().strip()
        if not url:
            raise ConfigurationError("the page server did not start; its error is above")
        yield url
    finally:
        child.terminate()
        child.wait()


def advance(url: str) -> None:
    """Makes the day's increment of a server at `url` visible."""
    with urlopen(url + ADVANCE, timeout=60):  # noqa: S310 - our own loopback server
        pass


def main(arguments: Sequence[str]) -> None:
    charges, increment = map(int, arguments)
    asyncio.run(_serve(History(charges, increment)))


if __name__ == "__main__":
    main(sys.argv[1:])
