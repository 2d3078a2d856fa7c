"""What a run lists of an entity, and what it does when the server will not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from payments_walk import Server, charge, load, told

from dlt_pipelines.errors import ExtractionError
from dlt_pipelines.loading.client import Failing, Refused
from dlt_pipelines.loading.windows import Extent, Window
from dlt_pipelines.payments.helpers import State
from dlt_pipelines.payments.settings import CONTRACT
from tests.fake_client import NOW, FakeClient

DAY = 86_400
TODAY = int(NOW.timestamp())


def test_a_list_that_breaks_off_with_404_is_not_an_absent_entity(
    states: dict[str, State], tmp_path: Path
) -> None:
    server = Server(events=[], charges=[charge(30), charge(20), charge(10)])
    server.loses_the_page_after_the_first = True
    with pytest.raises(ExtractionError):
        load(server, tmp_path)
    assert "cursor" not in states["charges"]


def test_a_server_that_refuses_the_created_filter_is_read_down_to_the_cursor(
    states: dict[str, State], tmp_path: Path
) -> None:
    states["charges"] = {"cursor": 5000}
    server = Server(events=[], charges=[charge(6000), charge(4800), charge(4600), charge(4500)])
    server.rows["charges"] += [charge(number) for number in (40, 30, 20, 10)]
    server.refuses_created = Refused("the server refused", status=400)
    ids, ledger = load(server, tmp_path)
    assert ids == ["ch_6000", "ch_4800", "ch_4600", "ch_4500"]
    assert "refuses the created filter" in ledger["charges"].note


@pytest.mark.parametrize("refused", [None, Refused("the server refused", status=400)])
def test_a_list_may_hold_customers_that_do_not_say_when_they_were_created(
    refused: Exception | None, states: dict[str, State], tmp_path: Path
) -> None:
    rows = [{"id": f"cus_{number}", "created": number} for number in range(900, 100, -10)]
    gone = {"object": "customer", "deleted": True}
    rows[1:1] = [{"id": "cus_a", **gone}]
    rows.append({"id": "cus_b", **gone})
    states["customers"] = {"cursor": 0} if refused else {}
    server = Server(events=[], customers=rows, workers=2)
    server.refuses_created = refused
    ids, _ = load(server, tmp_path, ("customers",))
    assert {row["id"] for row in rows} == set(ids)


def test_a_refusal_without_a_filter_is_an_error(states: dict[str, State], tmp_path: Path) -> None:
    def refuse(path: str, query: dict[str, str]) -> Any:
        raise Refused("the server refused")

    with pytest.raises(Refused):
        load(FakeClient(CONTRACT, refuse), tmp_path)
    assert "cursor" not in states["events"]


def test_a_run_that_goes_on_after_a_rewind_reads_what_the_rewind_asks_for(
    states: dict[str, State], tmp_path: Path
) -> None:
    states["charges"] = {"cursor": 5000}
    server = Server(events=[], charges=[charge(number) for number in (6000, 5500, 5000, 2000)])
    server.loses_the_page_after_the_first = True
    with pytest.raises(ExtractionError):
        load(server, tmp_path)
    server.loses_the_page_after_the_first = False
    states["charges"] = {"cursor": 2000}
    ids, _ = load(server, tmp_path, resumed=True)
    assert ids == ["ch_6000", "ch_5500", "ch_5000", "ch_2000"]


def test_an_entity_that_was_never_read_makes_no_old_event_be_listed(
    states: dict[str, State], tmp_path: Path
) -> None:
    """One that the server lacks never is, and would have all events listed in every load."""
    for name in ("events", "charges"):
        states[name] = {"cursor": 5000, "event": (5000, "evt_5000")}
    server = Server(events=[told(5000, "ch_1")], charges=[charge(4900)])
    load(server, tmp_path, ("charges", "customers"))
    overlap = CONTRACT.entities["events"].cursor.overlap_seconds
    assert ("/v1/events", {"created[gte]": 5000 - overlap}) in server.lists


def test_days_read_again_what_was_created_and_what_changed_since(
    states: dict[str, State], tmp_path: Path
) -> None:
    since = TODAY - 7 * DAY
    for name in ("events", "charges"):
        states[name] = {"cursor": TODAY, "event": (TODAY, "evt_1")}
    anchor = {"id": "evt_1", "created": TODAY}
    server = Server(events=[anchor, told(since, "ch_1")], charges=[charge(TODAY), charge(since)])
    ids, _ = load(server, tmp_path, extent=Extent(days=7))
    assert [params["created[gte]"] for _, params in server.lists] == [since, since]
    assert len(ids) == 2
    assert timedelta(days=7).total_seconds() == TODAY - since


def test_a_backfill_reads_its_window_and_leaves_the_cursor_where_it_is(
    states: dict[str, State], tmp_path: Path
) -> None:
    states["charges"] = {"cursor": 5000, "event": (5000, "evt_5000")}
    server = Server(
        events=[told(6000, "ch_10")], charges=[charge(number) for number in (6000, 30, 20, 10)]
    )
    ids, ledger = load(server, tmp_path, extent=Extent(window=Window(15, 31)))
    assert ids == ["ch_30", "ch_20"]
    assert server.lists[-1] == ("/v1/charges", {"created[gte]": 15, "created[lt]": 31})
    assert states["charges"] == {"cursor": 5000, "event": (5000, "evt_5000")}
    assert ledger["charges"].cursor_after == 5000


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_long_list_is_the_same_however_many_read_it(
    states: dict[str, State], tmp_path: Path, workers: int
) -> None:
    numbers = [*range(1000, 700, -1), *range(90, 60, -3), 5, 4]
    server = Server(workers, events=[], charges=[charge(number) for number in numbers])
    ids, _ = load(server, tmp_path)
    assert sorted(ids) == sorted(f"ch_{number}" for number in numbers)
    assert states["charges"]["cursor"] == 1000
    assert (len(server.lists) > 3) == (workers > 1)


@pytest.mark.parametrize(("status", "is_refusal"), [(500, True), (503, False)])
def test_a_500_may_be_the_refusal_of_a_filter_and_503_is_none(
    states: dict[str, State], tmp_path: Path, status: int, is_refusal: bool
) -> None:
    states["charges"] = {"cursor": 5000}
    server = Server(events=[], charges=[charge(6000), charge(10)])
    server.refuses_created = Failing("the server keeps failing", status=status)
    if is_refusal:
        assert "refuses the created filter" in load(server, tmp_path)[1]["charges"].note
    else:
        with pytest.raises(Failing):
            load(server, tmp_path)
