"""How a registry is run, read from the configuration once, at its start."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`rate` is requests per second and caller, `backoff` the seconds before a second attempt."""

    database_url: str
    rate: float = 2000
    burst: int = 4000
    callback_networks: tuple[Network, ...] = ()
    delivery_attempts: int = 12
    backoff: float = 2.0
    traces_exporter: str = ""


def configured(database_url: str | None = None) -> Settings:
    """The settings in force. Raises CFG001 for the first that is wrong."""
    return Settings(
        database_url=database_url or config.registry_url(),
        rate=config.number("REGISTRY__REQUESTS_PER_SECOND"),
        burst=config.whole_number("REGISTRY__REQUESTS_BURST"),
        callback_networks=_networks(config.text("REGISTRY__CALLBACK_NETWORKS")),
        delivery_attempts=config.whole_number("REGISTRY__DELIVERY_ATTEMPTS"),
        backoff=config.number("REGISTRY__DELIVERY_BACKOFF"),
        traces_exporter=config.text("REGISTRY__TRACES_EXPORTER"),
    )


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigurationError(
            f"REGISTRY__CALLBACK_NETWORKS is a list of networks: {error}", value=text
        ) from error
