"""Loads of both sources from their bundled servers into a real warehouse."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.odcs import load_source as contract
from dlt_pipelines.loading.pages import parse_page
from dlt_pipelines.loading.parts import read_page
from scripts.mock_api.world import World
from tests.e2e.conftest import WORLD, Apis, Load, query
from tests.e2e.proxy import proxy_to
from tests.e2e.truth import payload_hashes

SOURCES = ("payments", "zephyr")


@pytest.mark.parametrize("source", SOURCES)
def test_a_first_load_stores_everything_the_api_holds(
    source: str, apis: Apis, data_dir: Path, load_source: Load
) -> None:
    ledger = load_source(source, apis.connection(source))

    for entity, truth in apis.truth(source).items():
        stored = query(data_dir, f"select count(distinct id) from raw_{source}.{entity}")
        assert (entity, stored) == (entity, [(truth["count"],)])
    assert all(row.quarantined == 0 for row in ledger.values())
    recorded = query(data_dir, "select status, error from control.runs")
    assert recorded == [("succeeded", None)]


@pytest.mark.parametrize("source", SOURCES)
def test_a_second_load_stores_nothing(source: str, apis: Apis, load_source: Load) -> None:
    first = load_source(source, apis.connection(source))
    second = load_source(source, apis.connection(source))

    assert sum(row.loaded for row in second.values()) == 0
    assert sum(row.received for row in second.values()) > 0
    if source == "payments":
        assert _requests(second) < _requests(first) / 2


def test_after_a_day_exactly_what_is_new_or_changed_is_stored(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    load_source("payments", apis.connection("payments"))
    apis.advance(1)
    ledger = load_source("payments", apis.connection("payments"))

    before, after = payload_hashes(WORLD), payload_hashes(_a_day_later())
    run_id = ledger["charges"].run_id
    for entity in contract("payments").entities:
        changed = {
            key for key, payload in after[entity].items() if before[entity].get(key) != payload
        }
        rows = query(data_dir, f"select id from raw_payments.{entity} where _run_id = '{run_id}'")
        assert (entity, sorted(key for (key,) in rows)) == (entity, sorted(changed))


def test_a_charge_refunded_days_after_it_was_made_is_stored_again(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    load_source("payments", apis.connection("payments"))
    apis.advance(3)
    load_source("payments", apis.connection("payments"))

    versions = query(
        data_dir,
        """
        select id, array_agg(amount_refunded order by _extracted_at) as refunded
        from raw_payments.charges group by id
        having min(amount_refunded) = 0 and max(amount_refunded) > 0
        """,
    )
    assert versions
    assert all(refunded[0] == 0 and refunded[-1] > 0 for _, refunded in versions)


def test_the_cursor_survives_a_lost_working_folder(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    first = load_source("payments", apis.connection("payments"))
    shutil.rmtree(data_dir / "dlt")
    second = load_source("payments", apis.connection("payments"))

    assert second["charges"].cursor_before == first["charges"].cursor_after
    assert sum(row.loaded for row in second.values()) == 0


def test_two_warehouses_used_in_turn_never_share_a_cursor(
    apis: Apis, tmp_path: Path, load_source: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    for folder in ("one", "two", "one", "two"):
        monkeypatch.setenv("LOCAL_DATA_DIR", str(tmp_path / folder))
        ledger = load_source("payments", apis.connection("payments"))
        loaded.append(sum(row.loaded for row in ledger.values()))

    assert loaded[0] == loaded[1] > 0
    assert loaded[2:] == [0, 0]


def test_one_entity_loads_with_the_events_that_tell_of_its_changes(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    ledger = load_source("payments", apis.connection("payments"), entities=["refunds"])

    assert list(ledger) == ["events", "refunds"]
    assert query(data_dir, "select count(*) from raw_payments.charges") == [(0,)]


def test_an_entity_loaded_alone_leaves_the_changes_of_the_others_to_be_found(
    apis: Apis, load_source: Load
) -> None:
    load_source("payments", apis.connection("payments"))
    apis.advance(2)
    load_source("payments", apis.connection("payments"), entities=["payouts"])
    ledger = load_source("payments", apis.connection("payments"))

    before, after = payload_hashes(WORLD), payload_hashes(_later(2))
    charges = {
        key for key, found in after["charges"].items() if before["charges"].get(key) != found
    }
    assert ledger["charges"].loaded == len(charges)


def test_when_events_are_no_longer_kept_the_entity_is_read_whole(
    apis: Apis, load_source: Load
) -> None:
    load_source("payments", apis.connection("payments"))
    apis.advance(45)
    ledger = load_source("payments", apis.connection("payments"))

    assert "read whole" in ledger["charges"].note
    charges = ledger["charges"]
    assert charges.received - charges.deduplicated == apis.truth("payments")["charges"]["count"]


def test_days_widens_the_window_and_never_moves_the_cursor_back(
    apis: Apis, load_source: Load
) -> None:
    first = load_source("payments", apis.connection("payments"))
    again = load_source("payments", apis.connection("payments"), days=10_000)

    assert again["charges"].received >= first["charges"].received
    assert again["charges"].cursor_after == first["charges"].cursor_after
    assert again["charges"].loaded == 0


def test_every_contracted_table_exists_after_one_source_alone_was_loaded(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    load_source("zephyr", apis.connection("zephyr"), entities=["projects"])

    for source in SOURCES:
        for entity in contract(source).entities.values():
            columns = query(data_dir, f"describe raw_{source}.{entity.name}")
            names = [name for name, *_ in columns]
            assert names[: len(entity.fields)] == [field.name for field in entity.fields]


def test_the_landing_holds_every_page_as_it_came(
    apis: Apis, data_dir: Path, load_source: Load
) -> None:
    ledger = load_source("payments", apis.connection("payments"))["charges"]
    (partition,) = (data_dir / "bronze" / "source=payments" / "entity=charges").glob(
        "dt=*/run_id=*"
    )

    checksums = msgspec.json.decode((partition / "_checksums.json").read_bytes())
    metadata = msgspec.json.decode((partition / "_metadata.json").read_bytes())
    pages = [read_page(part.read_bytes()) for part in sorted(partition.glob("part-*"))]
    rows = [row for page in pages for row in parse_page(bytes(page.body), page.request)]
    assert len(rows) == ledger.received == metadata["record_count"]
    assert {item["path"] for item in checksums["files"]} == {
        each.name for each in partition.iterdir() if each.name != "_checksums.json"
    }
    assert (data_dir / "bronze").stat().st_mode & 0o777 == 0o700


def test_a_server_that_lacks_entities_and_refuses_the_created_filter_loads(
    apis: Apis, load_source: Load
) -> None:
    def fault(path: str) -> tuple[int, str, bytes] | None:
        if path.startswith(("/v1/payouts", "/v1/disputes", "/v1/invoice_payments")):
            return 404, "application/json", b'{"error": {"message": "Not Found"}}'
        if "created" in path:
            return 400, "application/json", b'{"error": {"message": "created: unexpected"}}'
        return None

    with proxy_to(apis.urls["payments"]) as proxy:
        proxy.fault = fault
        connection = apis.connection("payments")
        connection = type(connection)(proxy.url, connection.secret)
        first = load_source("payments", connection)
        apis.advance(1)
        second = load_source("payments", connection)

    assert first["payouts"].outcome == second["payouts"].outcome == "absent"
    assert "refuses the created filter" in second["charges"].note
    before, after = payload_hashes(WORLD), payload_hashes(_a_day_later())
    changed = {
        key for key, found in after["charges"].items() if before["charges"].get(key) != found
    }
    assert second["charges"].loaded == len(changed)


def _requests(ledger: dict[str, Any]) -> int:
    return sum(row.requests for row in ledger.values())


def _a_day_later() -> World:
    return _later(1)


def _later(days: int) -> World:
    return WORLD.advanced(timedelta(days=days))
