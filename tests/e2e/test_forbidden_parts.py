"""A Zephyr tenant of which a token may see some parts and others not, at every level."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dlt_pipelines.errors import AuthenticationError
from scripts.sources import Connection
from tests.e2e.conftest import KEY, Apis, Load, query
from tests.e2e.proxy import Answer, proxy_to

PATHS = {
    "releases": re.compile(r"/release/project/(\d+)"),
    "cycles": re.compile(r"/cycle/release/(\d+)"),
    "executions": re.compile(r"/execution\?cyclephaseid=(\d+)"),
}
PARENTS = {"releases": "projectId", "cycles": "releaseId", "executions": "cyclePhaseId"}


def refusing(entity: str, refused: Callable[[int], bool]) -> Callable[[str], Answer | None]:
    def fault(path: str) -> Answer | None:
        parent = PATHS[entity].search(path)
        if parent is not None and refused(int(parent[1])):
            return 403, "application/json", b"{}"
        return None

    return fault


@pytest.mark.parametrize("entity", ["cycles", "executions"])
def test_a_part_that_may_not_be_seen_is_skipped_and_the_rest_is_loaded(
    entity: str, apis: Apis, data_dir: Path, load_source: Load
) -> None:
    """At the level below projects the bundled server itself refuses one."""
    asked: list[int] = []

    def first(parent: int) -> bool:
        asked.append(parent)
        return parent == asked[0]

    with proxy_to(apis.urls["zephyr"]) as proxy:
        proxy.fault = refusing(entity, first)
        ledger = load_source("zephyr", Connection(proxy.url, KEY))
    assert ledger[entity].outcome == "partial"
    assert str(asked[0]) in ledger[entity].note
    loaded = query(data_dir, f'select distinct "{PARENTS[entity]}" from raw_zephyr.{entity}')
    assert {key for (key,) in loaded} <= set(asked[1:])
    assert len(loaded) > 1


@pytest.mark.parametrize("entity", PATHS)
def test_who_may_see_nothing_of_an_entity_is_told_so(
    entity: str, apis: Apis, data_dir: Path, load_source: Load
) -> None:
    load_source("zephyr", apis.connection("zephyr"))
    before = query(data_dir, f"select count(*) from raw_zephyr.{entity}")
    with proxy_to(apis.urls["zephyr"]) as proxy:
        proxy.fault = refusing(entity, lambda parent: True)
        with pytest.raises(AuthenticationError, match=rf"AUTH001.*{entity} of none of the"):
            load_source("zephyr", Connection(proxy.url, KEY))
    assert query(data_dir, f"select count(*) from raw_zephyr.{entity}") == before
