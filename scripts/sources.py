"""The sources by name, connected to the servers the configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.odcs import load_source
from dlt_pipelines import config
from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.pipelines import MakeSource
from dlt_pipelines.loading.windows import NEW, Extent
from dlt_pipelines.payments import payments_client, payments_source
from dlt_pipelines.zephyr import zephyr_source

SECRETS = {"payments": "API_KEY", "zephyr": "TOKEN"}


@dataclass(frozen=True)
class Connection:
    """Where a source's server is and the secret it takes."""

    base_url: str
    secret: str


def configured(source: str) -> Connection:
    """The configured connection. Raises CFG001 naming the setting that is missing."""
    prefix = f"SOURCES__{source.upper()}__"
    base_url = config.required(f"{prefix}BASE_URL")
    return Connection(base_url, config.required(f"{prefix}{SECRETS[source]}"))


def client(source: str, connection: Connection) -> ApiClient:
    """The client of a source's server, for requests outside of a load."""
    if source == "payments":
        version = config.text("SOURCES__PAYMENTS__API_VERSION")
        return payments_client(connection.base_url, connection.secret, api_version=version)
    return ApiClient(load_source(source), base_url=connection.base_url, token=connection.secret)


def maker(
    source: str,
    connection: Connection,
    *,
    entities: Sequence[str] = (),
    extent: Extent = NEW,
    workers: int | None = None,
) -> MakeSource:
    """A function that makes the dlt source for a run."""
    if source == "payments":
        return lambda run: payments_source(
            run,
            entities=entities,
            extent=extent,
            workers=workers,
            base_url=connection.base_url,
            api_key=connection.secret,
            api_version=config.text("SOURCES__PAYMENTS__API_VERSION"),
        )
    return lambda run: zephyr_source(
        run,
        entities=entities,
        extent=extent,
        workers=workers,
        base_url=connection.base_url,
        token=connection.secret,
    )
