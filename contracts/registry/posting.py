"""One POST to a subscriber: to an allowed address, within a deadline, no redirect followed."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from contracts.registry.addresses import resolved
from contracts.registry.settings import Network
from dlt_pipelines.signals import signing

CONNECT_SECONDS = 5
TOTAL_SECONDS = 15
CLOUD_EVENT = "application/cloudevents+json"


class PostError(Exception):
    """There was no answer; says why, without what the other side sent."""


class _Connection(HTTPConnection):
    """Connects to an address that was checked, so that no second lookup can name another."""

    networks: tuple[Network, ...] = ()

    def _new_conn(self) -> socket.socket:
        address = resolved(self.host.strip("[]"), self.port, self.networks)[0]
        return socket.create_connection((address, self.port), CONNECT_SECONDS)


class _SecureConnection(_Connection, HTTPSConnection):
    """The certificate is the name's, whatever its address."""


def post(
    url: str, body: bytes, secret: str, correlation_id: str, networks: tuple[Network, ...]
) -> int:
    """The answer's status; its body is not read. Raises PostError."""
    parts = parse_url(url)
    connection = _connection(parts.scheme or "", parts.host or "", parts.port)
    connection.networks = networks
    cut = threading.Timer(TOTAL_SECONDS, _cut, [connection])
    cut.daemon = True
    cut.start()
    headers = {
        "Content-Type": CLOUD_EVENT,
        "User-Agent": "hallmark-registry",
        "X-Correlation-Id": correlation_id,
        signing.HEADER: signing.signature(body, secret, at=int(time.time())),
    }
    try:
        connection.request("POST", parts.request_uri, body, headers, preload_content=False)
        return int(connection.getresponse().status)
    except PermissionError as error:
        raise PostError(str(error)) from error
    except socket.gaierror as error:
        raise PostError("its name is not known") from error
    except TimeoutError as error:
        raise PostError("no answer in time") from error
    except (HTTPError, OSError, ValueError) as error:
        raise PostError(type(error).__name__) from error
    finally:
        cut.cancel()
        connection.close()


def _connection(scheme: str, host: str, port: int | None) -> _Connection:
    if scheme == "https":
        options: dict[str, Any] = {"ssl_context": ssl.create_default_context()}
        return _SecureConnection(host, port or 443, timeout=TOTAL_SECONDS, **options)
    return _Connection(host, port or 80, timeout=TOTAL_SECONDS)


def _cut(connection: _Connection) -> None:
    """Ends an answer that drips, for each read of the socket has a timeout of its own."""
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already
