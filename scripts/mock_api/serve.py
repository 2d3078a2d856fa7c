"""Serves the bundled APIs, and starts them as a process of their own for a demo or a test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

import uvicorn

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError
from scripts.mock_api.world import World

SOURCES = ("payments", "zephyr")
KEY_SETTING = "MOCK__KEY"
_STOP_SECONDS = 10


@dataclass(frozen=True)
class Server:
    """A bundled API that listens on the loopback interface."""

    source: str
    url: str


@contextmanager
def listening(
    sources: Sequence[str], *, port: int, world: World, key: str
) -> Iterator[list[Server]]:
    """Serves each source from a thread, the first on `port` (0: a free one), the next beside it.

    Raises CFG001 when a port is taken.
    """
    running: list[tuple[uvicorn.Server, threading.Thread]] = []
    servers: list[Server] = []
    try:
        for number, source in enumerate(sources):
            bound = _bound(port + number if port else 0)
            app = import_module(f"scripts.mock_api.{source}").create_app(world, key)
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
            thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
            thread.start()
            running.append((server, thread))
            servers.append(Server(source, f"http://127.0.0.1:{bound.getsockname()[1]}"))
        yield servers
    finally:
        for server, thread in running:
            server.should_exit = True
            thread.join(timeout=5)


def _bound(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise ConfigurationError(
            "the bundled API cannot listen there", port=port, cause=error.strerror
        ) from error


@contextmanager
def subprocesses(world: World, *, key: str) -> Iterator[dict[str, str]]:
    """The base URL of each bundled API, run by one child process that ends with the block.

    The child also ends when this process dies: it reads its standard input to the end.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.mock_api.serve", *_arguments(world)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, KEY_SETTING: key},
        text=True,
    )
    try:
        assert child.stdout is not None and child.stdin is not None
        line = child.stdout.readline()
        if not line:
            raise ConfigurationError("the bundled APIs did not start; their error is above")
        yield json.loads(line)
    finally:
        child.terminate()
        try:
            child.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _arguments(world: World) -> list[str]:
    dates = world.starts_at.isoformat(), world.now.isoformat()
    return [str(world.seed), str(world.scale), *dates]


def main(arguments: Sequence[str]) -> None:
    """Serves both APIs on free ports, prints their URLs as one JSON line, ends with its input."""
    seed, scale, starts_at, now = arguments
    world = World(
        seed=int(seed),
        scale=float(scale),
        starts_at=datetime.fromisoformat(starts_at),
        now=datetime.fromisoformat(now),
    )
    with listening(SOURCES, port=0, world=world, key=config.required(KEY_SETTING)) as servers:
        sys.stdout.write(json.dumps({server.source: server.url for server in servers}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
