from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from payments_walk import Server, charge, load, told

from dlt_pipelines.errors import PaginationError
from dlt_pipelines.loading import extract
from dlt_pipelines.loading.client import NotFound
from dlt_pipelines.loading.offload import Offload
from dlt_pipelines.payments.helpers import State
from dlt_pipelines.payments.settings import CONTRACT
from tests.fake_client import NOW

DAY = 86_400
TODAY = int(NOW.timestamp())


def test_the_first_run_reads_all_and_remembers_how_far(
    states: dict[str, State], tmp_path: Path
) -> None:
    server = Server(events=[told(30, "ch_10")], charges=[charge(20), charge(10)])
    ids, ledger = load(server, tmp_path)
    assert ids == ["ch_20", "ch_10"]
    assert server.lists == [("/v1/events", {}), ("/v1/charges", {})]
    assert states["charges"] == {"cursor": 20, "event": (30, "evt_30")}
    assert ledger["charges"].cursor_before is None


def test_a_later_run_reads_what_is_new_and_what_events_name(
    states: dict[str, State], tmp_path: Path
) -> None:
    states["events"] = {"cursor": 5000, "event": (5000, "evt_5000")}
    states["charges"] = {"cursor": 5000, "event": (5000, "evt_5000")}
    server = Server(
        events=[told(6000, "ch_10"), told(5500, "ch_5500"), told(5000, "ch_20")],
        charges=[charge(5500), charge(20), charge(10)],
    )
    ids, ledger = load(server, tmp_path)
    assert ids == ["ch_5500", "ch_20", "ch_10"]
    assert server.lists == [
        ("/v1/events", {"created[gte]": 4700}),
        ("/v1/charges", {"created[gte]": 4700}),
        ("/v1/charges/ch_20", {}),
        ("/v1/charges/ch_10", {}),
    ]
    assert states["charges"] == {"cursor": 5500, "event": (6000, "evt_6000")}
    assert ledger["charges"].note == ""


def test_events_that_no_longer_reach_back_make_the_entity_be_read_whole(
    states: dict[str, State], tmp_path: Path
) -> None:
    states["events"] = {"cursor": 5000}
    states["charges"] = {"cursor": 5000, "event": (5000, "evt_5000")}
    server = Server(events=[told(6000, "ch_10")], charges=[charge(20), charge(10)])
    ids, ledger = load(server, tmp_path)
    assert ids == ["ch_20", "ch_10"]
    assert "read whole" in ledger["charges"].note


def test_events_are_read_from_where_the_entity_furthest_behind_has_seen_them(
    states: dict[str, State], tmp_path: Path
) -> None:
    states["events"] = {"cursor": 9000, "event": (9000, "evt_9000")}
    states["charges"] = {"cursor": 5000, "event": (5000, "evt_5000")}
    server = Server(
        events=[told(9000, "ch_9"), told(6000, "ch_10"), told(5000, "ch_10")],
        charges=[charge(10), charge(9)],
    )
    ids, ledger = load(server, tmp_path)
    assert server.lists[0] == ("/v1/events", {"created[gte]": 4700})
    assert ids == ["ch_10", "ch_9"]
    assert ledger["charges"].note == ""


def test_an_entity_that_no_event_tells_of_is_not_read_whole_for_want_of_events(
    states: dict[str, State], tmp_path: Path
) -> None:
    states["balance_transactions"] = {"cursor": 5000, "event": (5000, "evt_5000")}
    server = Server(balance_transactions=[])
    overlap = CONTRACT.entities["balance_transactions"].cursor
    assert overlap is not None
    _, ledger = load(server, tmp_path, ("balance_transactions",))
    assert server.lists == [
        ("/v1/balance_transactions", {"created[gte]": max(0, 5000 - overlap.overlap_seconds)})
    ]
    assert ledger["balance_transactions"].note == ""
    assert states["balance_transactions"] == {"cursor": 5000, "event": (5000, "evt_5000")}


def test_an_object_that_is_gone_is_noted(states: dict[str, State], tmp_path: Path) -> None:
    states["events"] = {"cursor": 5000}
    states["charges"] = {"cursor": 5000}
    server = Server(events=[told(6000, "ch_1")], charges=[])
    ids, ledger = load(server, tmp_path)
    assert ids == []
    assert ledger["charges"].note == "1 changed objects are gone from the server"


def test_a_filtered_list_that_ignores_its_filter_stops_the_load(
    states: dict[str, State], tmp_path: Path
) -> None:
    for name in ("events", "invoice_payments"):
        states[name] = {"cursor": 5000}
    about = {"object": "invoice", "id": "in_1"}
    payment = {"id": "inpay_1", "created": 1, "invoice": "in_2", "currency": "eur"}
    server = Server(
        events=[{"id": "evt_1", "created": 6000, "data": {"object": about}}],
        invoice_payments=[payment | {"amount_requested": 1}],
    )
    with pytest.raises(PaginationError, match="asked=in_1, got=in_2"):
        load(server, tmp_path, ("invoice_payments",))
    assert states["invoice_payments"] == {"cursor": 5000}


def test_what_changed_is_held_against_what_was_asked_also_after_a_long_list(
    states: dict[str, State], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long list is only glanced at, and another process decodes it."""

    def ready(offload: Offload) -> bool:
        offload.start()
        return all(worker.ready.result() for worker in offload.workers)

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(extract, "_BULK_PAGES", 1)
    monkeypatch.setattr(Offload, "ready", ready)
    for name in ("events", "invoice_payments"):
        states[name] = {"cursor": 5000}
    about = {"object": "invoice", "id": "in_1"}
    payment = {"invoice": "in_1", "currency": "eur", "amount_requested": 1}
    new = [payment | {"id": f"inpay_{created}", "created": created} for created in (5503, 5502)]
    server = Server(
        events=[{"id": "evt_1", "created": 6000, "data": {"object": about}}],
        invoice_payments=[*new, payment | {"id": "inpay_1", "created": 1}],
    )
    ids, ledger = load(server, tmp_path, ("invoice_payments",))
    assert ids == ["inpay_5503", "inpay_5502", "inpay_1"]
    assert ledger["invoice_payments"].deduplicated == 2


@pytest.mark.parametrize("absent", ["charges", "events"])
def test_an_entity_the_server_lacks_is_absent_and_the_others_load(
    states: dict[str, State], tmp_path: Path, absent: str
) -> None:
    server = Server(events=[told(30, "ch_10")], charges=[charge(10)])
    del server.rows[absent]
    ids, ledger = load(server, tmp_path)
    assert ids == ([] if absent == "charges" else ["ch_10"])
    assert ledger[absent].outcome == "absent"
    assert "does not have it" in ledger[absent].note
    assert "cursor" not in states[absent]


def test_events_that_are_absent_for_a_while_are_caught_up_with(
    states: dict[str, State], tmp_path: Path
) -> None:
    for name in ("events", "charges"):
        states[name] = {"cursor": 5000, "event": (5000, "evt_5000")}
    server = Server(charges=[charge(5000), charge(10)])
    assert load(server, tmp_path)[0] == ["ch_5000"]
    assert states["charges"] == {"cursor": 5000, "event": (5000, "evt_5000")}
    server.rows["events"] = [told(5500, "ch_10"), told(5000, "ch_5000")]
    assert load(server, tmp_path)[0] == ["ch_5000", "ch_10"]
    assert states["charges"] == {"cursor": 5000, "event": (5500, "evt_5500")}


def test_the_payments_of_an_invoice_that_is_gone_are_gone_with_it(
    states: dict[str, State], tmp_path: Path
) -> None:
    for entity in ("events", "invoice_payments"):
        states[entity] = {"cursor": 5000, "event": (5000, "evt_5000")}
    about = {"object": "invoice", "id": "in_1"}
    deleted = {"id": "evt_6000", "created": 6000, "data": {"object": about}}

    class Gone(Server):
        def answer(self, path: str, query: dict[str, str]) -> Any:
            if "invoice" in query:
                raise NotFound("the server refused")
            return super().answer(path, query)

    server = Gone(events=[deleted, told(5000, "ch_1")], invoice_payments=[])
    _, ledger = load(server, tmp_path, ("invoice_payments",))
    assert ledger["invoice_payments"].note == "1 changed objects are gone from the server"
    assert states["invoice_payments"]["event"] == (6000, "evt_6000")
