"""The bundled APIs behind real sockets, for the tests of faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faulty_server import LISTS, Server, serving


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def untouched(servers: dict[str, Server]) -> dict[str, list[tuple[int, bytes]]]:
    return {name: server.probes() for name, server in servers.items()}


@pytest.fixture(params=list(LISTS))
def server(
    request: pytest.FixtureRequest,
    servers: dict[str, Server],
    untouched: dict[str, list[tuple[int, bytes]]],
) -> Iterator[Server]:
    """When a test is over and the faults are cleared, the answers are what they always were."""
    chosen: Server = servers[request.param]
    yield chosen
    chosen.clear()
    assert chosen.struck() == []
    assert chosen.probes() == untouched[chosen.source]
