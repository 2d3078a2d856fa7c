"""Where the registry may send to: the public internet, and the networks that are configured."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from contracts.registry.errors import Invalid
from contracts.registry.settings import Network

Address = IPv4Address | IPv6Address
_NAT64 = ip_network("64:ff9b::/96")
_GIVEN_OUT = ip_network("2000::/3")
"""https://www.iana.org/assignments/ipv6-address-space: no other part of IPv6 is public."""


def allowed(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether an address is public, or in one of the networks.

    One that carries an IPv4 address inside is judged by that.
    """
    inner = _inner(address)
    if any(inner.version == each.version and inner in each for each in networks):
        return True
    given_out = inner.version == 4 or inner in _GIVEN_OUT
    return given_out and inner.is_global and not inner.is_multicast


def _inner(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def check_callback(url: str, networks: tuple[Network, ...]) -> None:
    """Raises `Invalid` for what is no HTTP address, or plainly not allowed.

    What a name stands for is looked up, and checked, each time something is sent.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refused("is no URL") from None
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise _refused("must be an http or https URL")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("must have no user, password or fragment")
    literal = _literal(host)
    if literal is not None and not allowed(literal, networks):
        raise _refused("is a private address, which REGISTRY__CALLBACK_NETWORKS does not allow")


def host_of(url: str) -> str:
    """Where a callback goes; its path may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}"


def _refused(why: str) -> Invalid:
    return Invalid(f"callback_url {why}", {"field": "callback_url"})


def _literal(host: str) -> Address | None:
    """The address that a host is without any lookup; 0x7f.1 and 2130706433 are one too."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(name.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name))
    except (OSError, UnicodeEncodeError):
        return None


def resolved(host: str, port: int, networks: tuple[Network, ...]) -> list[str]:
    """The addresses to connect to. Raises OSError unless every one of them is allowed."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for each in addresses:
        if not allowed(ip_address(each.partition("%")[0]), networks):
            raise PermissionError("the callback's name stands for a private address")
    return addresses
