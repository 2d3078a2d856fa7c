"""Sweeps of servers that have lost objects."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.errors import QualityError
from scripts.sources import Connection
from tests.e2e.conftest import KEY, Apis, Load, Sweep, query
from tests.e2e.hiding import hiding
from tests.e2e.proxy import Answer, Proxy, proxy_to

ENTITIES = ("customers", "charges")


def through(proxy: Proxy) -> Connection:
    return Connection(proxy.url, KEY)


def deleted(data_dir: Path, source: str = "payments") -> set[tuple[str, str]]:
    return set(
        query(data_dir, f"select entity, key from control.deletions where source = '{source}'")
    )


def some_keys(data_dir: Path, table: str, seed: int) -> list[Any]:
    """Up to half of a table's keys."""
    keys = [key for (key,) in query(data_dir, f"select distinct id from {table} order by id")]
    drawn = random.Random(seed)
    return drawn.sample(keys, drawn.randint(1, len(keys) // 2))


@pytest.mark.parametrize("seed", range(3))
def test_exactly_what_the_server_lost_is_deleted_until_it_comes_again(
    seed: int, apis: Apis, data_dir: Path, sweep: Sweep
) -> None:
    target = apis.connection("payments")
    sweep("payments", target, entities=ENTITIES)
    lost = {name: some_keys(data_dir, f"raw_payments.{name}", seed) for name in ENTITIES}
    found, back = ({(name, key) for name in lost for key in lost[name][at:]} for at in (0, 1))
    with proxy_to(target.base_url) as proxy:
        proxy.fault = hiding(target.base_url, [key for _, key in found])
        ledger = sweep("payments", through(proxy), entities=ENTITIES)
        assert deleted(data_dir) == found
        again = sweep("payments", through(proxy), entities=ENTITIES)
        proxy.fault = hiding(target.base_url, [key for _, key in back])
        returned = sweep("payments", through(proxy), entities=ENTITIES)

    for name, keys in lost.items():
        assert ledger[name].note == f"{len(keys)} deletions noticed"
        assert (again[name].note, again[name].loaded) == ("", 0)
        assert returned[name].loaded == 1
    assert deleted(data_dir) == back
    assert query(data_dir, "select count(*) from raw_payments._deletions") == [(len(found),)]


def test_a_load_notices_no_deletion_of_what_it_does_not_list(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    target = apis.connection("payments")
    load_source("payments", target, entities=ENTITIES)
    lost = some_keys(data_dir, "raw_payments.customers", 1)
    with proxy_to(target.base_url) as proxy:
        proxy.fault = hiding(target.base_url, lost)
        load_source("payments", through(proxy), entities=ENTITIES)
    assert deleted(data_dir) == set()


def test_an_object_that_an_event_names_and_nobody_finds_is_deleted(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    target = apis.connection("payments")
    load_source("payments", target, entities=ENTITIES)
    asked: list[str] = []

    def gone(path: str) -> Answer | None:
        if not path.startswith("/v1/charges/"):
            return None
        asked.append(path.rpartition("/")[2])
        return 404, "application/json", b"{}"

    apis.advance(3)
    with proxy_to(target.base_url) as proxy:
        proxy.fault = gone
        ledger = load_source("payments", through(proxy), entities=ENTITIES)
    assert deleted(data_dir) == {("charges", key) for key in asked} != set()
    assert f"{len(set(asked))} deletions noticed" in ledger["charges"].note


def test_when_more_than_half_is_missing_nothing_is_stored(
    apis: Apis, data_dir: Path, sweep: Sweep
) -> None:
    target = apis.connection("payments")
    sweep("payments", target, entities=["customers"])
    loads = query(data_dir, "select count(*) from raw_payments._dlt_loads")
    (keys,) = query(data_dir, "select list(distinct id) from raw_payments.customers")
    apis.advance(1)
    with proxy_to(target.base_url) as proxy:
        proxy.fault = hiding(target.base_url, keys[0][: len(keys[0]) // 2 + 1])
        with pytest.raises(QualityError, match="more than half"):
            sweep("payments", through(proxy), entities=["customers"])
    assert deleted(data_dir) == set()
    assert query(data_dir, "select count(*) from raw_payments._dlt_loads") == loads


def test_a_row_that_does_not_fit_is_there_and_one_without_a_key_hides_the_deletions(
    apis: Apis, data_dir: Path, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = apis.connection("payments")
    sweep("payments", target, entities=["customers"])
    ((odd,), (lost,)) = query(data_dir, "select id from raw_payments.customers order by id limit 2")
    hidden = hiding(target.base_url, [lost])

    def answer(broken: dict[str, Any], path: str) -> Answer | None:
        found = hidden(path)
        if found is None or not path.startswith("/v1/customers"):
            return found
        page = json.loads(found[2])
        page["data"] = [row | broken if row["id"] == odd else row for row in page["data"]]
        return 200, "application/json", json.dumps(page).encode()

    with proxy_to(target.base_url) as proxy:
        proxy.fault = lambda path: answer({"created": "soon", "id": None}, path)
        ledger = sweep("payments", through(proxy), entities=["customers"])["customers"]
        assert "deletions not looked for: a row of customers has no readable key" in ledger.note
        assert deleted(data_dir) == set()
        proxy.fault = lambda path: answer({"created": "soon"}, path)
        sweep("payments", through(proxy), entities=["customers"])
    assert deleted(data_dir) == {("customers", lost)}


def test_a_cycle_goes_with_all_that_hung_on_it(apis: Apis, data_dir: Path, sweep: Sweep) -> None:
    target = apis.connection("zephyr")
    sweep("zephyr", target)
    ((cycle,),) = query(data_dir, "select min(id) from raw_zephyr.cycles")
    sql = "select distinct id from raw_zephyr.cycle_phases where cycleId = {}"
    phases = [key for (key,) in query(data_dir, sql.format(cycle))]
    with proxy_to(target.base_url) as proxy:
        proxy.fault = hiding(target.base_url, [cycle])
        sweep("zephyr", through(proxy))
    found = deleted(data_dir, "zephyr")
    assert ("cycles", str(cycle)) in found
    assert {key for entity, key in found if entity == "cycle_phases"} == set(map(str, phases))
    assert {entity for entity, _ in found} >= {"cycles", "cycle_phases", "executions"}
    assert not {"projects", "releases"} & {entity for entity, _ in found}


def test_what_is_under_a_parent_that_may_not_be_seen_is_not_deleted(
    apis: Apis, data_dir: Path, sweep: Sweep
) -> None:
    target = apis.connection("zephyr")
    sweep("zephyr", target)
    ((project, kept),) = query(
        data_dir, "select min(projectId), max(projectId) from raw_zephyr.releases"
    )
    ((lost,),) = query(
        data_dir, f"select max(id) from raw_zephyr.releases where projectId = {kept}"
    )
    hidden = hiding(target.base_url, [lost])

    def forbidden(path: str) -> Answer | None:
        if path.partition("?")[0].endswith(f"/release/project/{project}"):
            return 403, "application/json", b"{}"
        return hidden(path)

    with proxy_to(target.base_url) as proxy:
        proxy.fault = forbidden
        ledger = sweep("zephyr", through(proxy))
    found = deleted(data_dir, "zephyr")
    assert {key for entity, key in found if entity == "releases"} == {str(lost)}
    under = f"select id from raw_zephyr.releases where projectId = {project}"
    cycles = query(data_dir, f"select id from raw_zephyr.cycles where releaseId in ({under})")
    assert cycles and not {("cycles", str(key)) for (key,) in cycles} & found
    assert "not all cycles could be read" in ledger["cycle_phases"].note


def test_what_is_under_a_parent_that_went_meanwhile_waits_for_the_next_sweep(
    apis: Apis, data_dir: Path, sweep: Sweep
) -> None:
    """Whether the parent is gone shows when it is listed no more; until then nothing is deleted."""
    target = apis.connection("zephyr")
    sweep("zephyr", target)
    ((release,),) = query(data_dir, "select min(releaseId) from raw_zephyr.cycles")
    under = query(data_dir, f"select id from raw_zephyr.cycles where releaseId = {release}")
    cycles = {("cycles", str(key)) for (key,) in under}
    hidden = hiding(target.base_url, [release])

    def gone(path: str) -> Answer | None:
        lost = path.partition("?")[0].endswith(f"/cycle/release/{release}")
        return (404, "application/json", b"{}") if lost else None

    with proxy_to(target.base_url) as proxy:
        proxy.fault = gone
        ledger = sweep("zephyr", through(proxy))
        assert deleted(data_dir, "zephyr") == set()
        assert f"gone of releases (404): {release}" in ledger["cycles"].note
        assert ledger["executions"].received > 0
        proxy.fault = lambda path: gone(path) or hidden(path)
        again = sweep("zephyr", through(proxy))
    assert again["cycles"].outcome == "loaded"
    assert deleted(data_dir, "zephyr") >= cycles | {("releases", str(release))}
