"""The contract registry and a bare FastAPI route, side by side in one process of their own."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import uvicorn
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.registry.app import create_app
from contracts.registry.services import make_services
from contracts.registry.settings import Settings
from dlt_pipelines.errors import ExtractionError
from dlt_pipelines.signals.logs import Log

_UNLIMITED = 1_000_000


@contextmanager
def serving(database_url: str) -> Iterator[int]:
    """The port of a server on a seeded store; it ends with the block. Raises EXT001."""
    command = [sys.executable, "-m", "scripts.benchmarks.registry_server", database_url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise ExtractionError("the registry did not start; its error is above")
        yield int(line)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def side_by_side(registry: ASGIApp) -> ASGIApp:
    """`/bare/{size}` answers so many bytes; everything else is the registry's."""
    bare = FastAPI()

    @cache
    def body(size: int) -> bytes:
        return b'"' + b"x" * (size - 2) + b'"'

    @bare.get("/bare/{size}")
    async def answer(size: int) -> Response:
        return Response(body(size), media_type="application/json")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["type"] == "http" and scope["path"].startswith("/bare/")
        await (bare if mine else registry)(scope, receive, send)

    return app


def main(arguments: Sequence[str]) -> None:
    (database_url,) = arguments
    log = Log(sys.stderr, source=None, hidden=())
    log.level = "ERROR"
    settings = Settings(database_url=database_url, rate=_UNLIMITED, burst=_UNLIMITED)
    app = side_by_side(create_app(make_services(settings, log)))
    with socket.create_server(("127.0.0.1", 0), backlog=512) as bound:
        sys.stdout.write(f"{bound.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([bound])


if __name__ == "__main__":
    main(sys.argv[1:])
