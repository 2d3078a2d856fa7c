"""Empty stores of both kinds, for tests of the registry."""

from __future__ import annotations

import uuid
from pathlib import Path

import psycopg
import pytest

STORES = ("sqlite", "postgresql")


def new_store(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of an empty store."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'registry.sqlite'}"
    server = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return str(server.get_uri(database=name))
