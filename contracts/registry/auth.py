"""The door: who may come in, from where, and how often."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from contracts.registry import tokens
from contracts.registry.calls import ANYBODY, Caller
from contracts.registry.database import Database
from contracts.registry.errors import Forbidden, Unauthorized

Read = Callable[[str], AbstractContextManager[Connection]]
_SAFE = ("GET", "HEAD", "OPTIONS")
_LOOK_AGAIN_SECONDS = 1.0


class Door:
    """Open while the store has no token: then only for this machine, with all roles."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closed = False
        self._looked = -_LOOK_AGAIN_SECONDS

    def is_open(self) -> bool:
        """Whether no token exists; asked of the store at most once a second until one does."""
        if not self._closed and not self._just_looked():
            with self._database.read("token.any") as connection:
                self._closed = tokens.any_token(connection)
            self._looked = time.monotonic()
        return not self._closed

    def _just_looked(self) -> bool:
        return time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS

    async def admit(self, method: str, client: str | None, headers: Mapping[str, str]) -> Caller:
        """Who is calling. Raises `Unauthorized`, `Forbidden` for another site's page."""
        _check_origin(method, headers)
        given = _token(headers.get("authorization", ""))
        if self._database.is_sqlite or (not self._closed and self._just_looked()):
            return self._caller(given, client, headers)
        return await run_in_threadpool(self._caller, given, client, headers)

    def _caller(self, given: str, client: str | None, headers: Mapping[str, str]) -> Caller:
        if self.is_open():
            _check_loopback(client, headers)
            return ANYBODY
        if not given:
            raise Unauthorized("send a token: Authorization: Bearer <token>")
        near = self._database.near if self._database.is_sqlite else self._database.read
        with near("token.authenticate") as connection:
            return tokens.authenticate(connection, given)


def _token(authorization: str) -> str:
    """What follows Bearer; with Basic, which browsers ask for, the password."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _check_origin(method: str, headers: Mapping[str, str]) -> None:
    """A page of another site may not change anything with a browser's help."""
    origin = headers.get("origin")
    if origin and method not in _SAFE and origin.partition("://")[2] != headers.get("host"):
        raise Forbidden("requests from pages of another site are refused", {"origin": origin})


def _check_loopback(client: str | None, headers: Mapping[str, str]) -> None:
    """Without tokens: from this machine, by a name of this machine, so that DNS cannot lie."""
    host = headers.get("host", "")
    if not _is_here(host):
        raise Forbidden("without tokens the registry answers as localhost only", {"host": host})
    if client is not None and client != "127.0.0.1" and not is_loopback(client):
        raise Forbidden("without tokens the registry answers this machine only")


@lru_cache(maxsize=1024)
def _is_here(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # half an IPv6 address
        return False


def is_loopback(host: str) -> bool:
    """Whether a name or address always means this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
