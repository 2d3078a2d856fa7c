"""No callback leads inside, whatever a name stands for and whenever that changes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from contracts.registry.addresses import allowed
from contracts.registry.posting import PostError, post

PUBLIC = ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fec0::1",
    "::10.1.2.3",
    "::ffff:0:10.1.2.3",
    "64:ff9b:1::a01:203",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_allowed(address: str) -> None:
    assert allowed(ip_address(address), ())


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_not(address: str) -> None:
    assert not allowed(ip_address(address), ())


def test_a_configured_network_is_allowed_and_no_other() -> None:
    networks = (ip_network("10.1.0.0/16"),)
    assert allowed(ip_address("10.1.2.3"), networks)
    assert allowed(ip_address("::ffff:10.1.2.3"), networks)
    assert not allowed(ip_address("10.2.0.1"), networks)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        bound.settimeout(0.2)
        yield bound


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"]])
def test_a_name_that_stands_for_loopback_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket, answers: list[str]
) -> None:
    port = listener.getsockname()[1]

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(PostError, match="private address"):
        post(f"http://hooks.example.com:{port}/", b"{}", "s", "c", ())
    with pytest.raises(TimeoutError):
        listener.accept()


def test_the_address_that_was_checked_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    """A second lookup, as DNS rebinding wants it, does not happen."""
    asked = []
    connected = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(address: tuple[str, int], *_: Any) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(PostError):
        post("http://hooks.example.com/", b"{}", "s", "c", ())
    assert (asked, connected) == (["hooks.example.com"], ["93.184.216.34"])


def test_a_name_that_is_not_known_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(PostError, match="not known"):
        post("https://hooks.example.com/", b"{}", "s", "c", ())
