"""The Zephyr Enterprise test-management API as a dlt source."""

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
from dlt_pipelines.zephyr.helpers import ZephyrWalk
from dlt_pipelines.zephyr.settings import CONTRACT


@dlt.source(name="zephyr", section="zephyr")
def zephyr_source(
    run: LoadRun,
    entities: Sequence[str] = (),
    extent: Extent = NEW,
    workers: int | None = None,
    base_url: str = dlt.config.value,
    token: TSecretStrValue = dlt.secrets.value,
) -> Iterator[DltResource]:
    """One resource per endpoint, parents first; an embedded entity comes with its host.

    All is read, whatever the `extent`; one that is `whole` also looks for deletions.
    """
    client = ApiClient(CONTRACT, base_url=base_url, token=token, workers=workers)
    run.at_end.callback(client.close)
    walk = ZephyrWalk(client, run, extent)
    for entity in CONTRACT.closure(tuple(entities)):
        if entity.embedded is None:
            embedded = CONTRACT.embedded_in(entity.name)
            yield entity_resource(entity, partial(walk.rows, entity), embedded)
    yield from record_resources(run)
