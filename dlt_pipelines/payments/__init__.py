"""The Stripe-compatible payments API as a dlt source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import dlt
from dlt.common.typing import TSecretStrValue
from dlt.extract import DltResource

from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.extract import LoadRun
from dlt_pipelines.loading.resources import entity_resource, record_resources
from dlt_pipelines.loading.windows import NEW, Extent
from dlt_pipelines.payments.helpers import PaymentsWalk
from dlt_pipelines.payments.settings import CONTRACT, EVENTS, VERSION_HEADER


def payments_client(
    base_url: str, api_key: str, *, api_version: str, workers: int | None = None
) -> ApiClient:
    """The server at `base_url`; with an `api_version` its answers have that version's shape."""
    headers = {VERSION_HEADER: api_version} if api_version else {}
    return ApiClient(CONTRACT, base_url=base_url, token=api_key, headers=headers, workers=workers)


@dlt.source(name="payments", section="payments")
def payments_source(
    run: LoadRun,
    entities: Sequence[str] = (),
    extent: Extent = NEW,
    workers: int | None = None,
    base_url: str = dlt.config.value,
    api_key: TSecretStrValue = dlt.secrets.value,
    api_version: str = "",
) -> Iterator[DltResource]:
    """One resource per entity (all, when none is named), in the contract's order.

    `extent` is what of `created` to read, a backfill without events; `base_url` comes without
    `/v1`. `workers` requests are sent side by side (None: as configured).
    """
    wanted = CONTRACT.closure(tuple(entities))
    if extent.window is not None:
        wanted = [each for each in wanted if each is not EVENTS]
    client = payments_client(base_url, api_key, api_version=api_version, workers=workers)
    run.at_end.callback(client.close)
    walk = PaymentsWalk(client, run, wanted, extent)
    for entity in wanted:
        yield entity_resource(entity, partial(walk.rows, entity))
    yield from record_resources(run)
