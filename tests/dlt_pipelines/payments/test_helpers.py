from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.odcs import Entity
from dlt_pipelines.errors import ExtractionError, PaginationError
from dlt_pipelines.loading.client import ApiClient, NotFound, Refused
from dlt_pipelines.loading.extract import LoadRun
from dlt_pipelines.loading.landing import Landing, Page
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.unchanged import Unchanged
from dlt_pipelines.payments import helpers
from dlt_pipelines.payments.helpers import Change, Changes, PaymentsWalk, State, window_start
from dlt_pipelines.payments.settings import CONTRACT, EVENTS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = 86_400
TODAY = int(NOW.timestamp())
OVERLAP = 300


class Clock(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "datetime", Clock)


# windows


def test_without_cursor_and_days_everything_is_read() -> None:
    assert window_start(None, OVERLAP, None) is None


def test_a_cursor_is_read_again_behind_its_overlap() -> None:
    assert window_start(TODAY, OVERLAP, None) == TODAY - OVERLAP


def test_days_set_the_first_window() -> None:
    assert window_start(None, OVERLAP, 7) == TODAY - 7 * DAY


def test_days_widen_a_later_window() -> None:
    assert window_start(TODAY - DAY, OVERLAP, 7) == TODAY - 7 * DAY


def test_days_do_not_skip_what_came_since_an_old_cursor() -> None:
    assert window_start(TODAY - 30 * DAY, OVERLAP, 7) == TODAY - 30 * DAY - OVERLAP


@given(st.integers(0, 2 * TODAY), st.integers(0, DAY), st.integers(1, 10_000))
def test_days_never_narrow_a_window(reached: int, overlap: int, days: int) -> None:
    without, widened = window_start(reached, overlap, None), window_start(reached, overlap, days)
    assert without is not None and widened is not None
    assert widened <= without


# what events say


def event(number: int, created: int | None = None, **about: Any) -> Any:
    """An event row as decoded: `about` is the object it tells of, absent fields are None."""
    names = {reread.id for reread in EVENTS.rereads}
    subject = SimpleNamespace(**dict.fromkeys(names | {"object"}) | about)
    return SimpleNamespace(
        id=f"evt_{number}",
        created=1000 + number if created is None else created,
        data=SimpleNamespace(object=subject),
    )


def noted(*events: Any) -> Changes:
    changes = Changes(collecting=True)
    for each in events:
        changes.note(each, TODAY)
    return changes


def test_an_event_asks_for_its_object_and_for_what_hangs_on_it() -> None:
    changes = noted(event(1, object="refund", id="re_1", charge="ch_1"))
    assert changes.since("refunds", None) == [Change("re_1", "")]
    assert changes.since("charges", None) == [Change("ch_1", "")]
    assert changes.since("customers", None) == []


def test_an_event_with_a_list_parameter_asks_for_a_filtered_list() -> None:
    changes = noted(event(1, object="invoice", id="in_1"))
    assert changes.since("invoices", None) == [Change("in_1", "")]
    assert changes.since("invoice_payments", None) == [Change("in_1", "invoice")]


@pytest.mark.parametrize(
    "silent",
    [
        SimpleNamespace(id="evt_1", created=1001, data=None),
        SimpleNamespace(id="evt_1", created=1001, data=SimpleNamespace(object=None)),
        event(1, object="unheard_of", id="uo_1"),
        event(1, object="dispute"),
    ],
    ids=["no data", "no object", "unknown object", "no ids"],
)
def test_an_event_about_nothing_we_load_asks_for_nothing(silent: Any) -> None:
    changes = noted(silent)
    assert changes.changed == {}
    assert changes.newest == (1001, "evt_1")


def test_an_object_is_read_once_in_the_order_of_the_events() -> None:
    changes = noted(
        event(3, object="charge", id="ch_1"),
        event(2, object="charge", id="ch_2"),
        event(1, object="charge", id="ch_1"),
    )
    assert changes.since("charges", None) == [Change("ch_1", ""), Change("ch_2", "")]


def test_events_before_the_anchor_were_seen_and_those_of_its_second_count() -> None:
    changes = noted(
        event(1, object="charge", id="ch_1"),
        event(2, object="charge", id="ch_2"),
        event(9, created=1002, object="charge", id="ch_9"),
        event(3, object="charge", id="ch_3"),
    )
    found = changes.since("charges", (1002, "evt_2"))
    assert [change.id for change in found] == ["ch_2", "ch_9", "ch_3"]


def test_the_newest_event_is_the_anchor_whatever_the_order() -> None:
    events = [event(2), event(3), event(1)]
    assert noted(*events).newest == noted(*events[::-1]).newest == (1003, "evt_3")


def test_events_of_one_second_have_one_newest() -> None:
    one, other = event(1, created=5), event(2, created=5)
    assert noted(one, other).newest == noted(other, one).newest == (5, "evt_2")


def test_an_event_dated_ahead_is_followed_but_marks_no_place() -> None:
    changes = noted(event(1), event(2, created=TODAY + 1, object="charge", id="ch_1"))
    assert changes.newest == (1001, "evt_1")
    assert changes.since("charges", None) == [Change("ch_1", "")]


def test_events_reach_an_anchor_that_was_among_them() -> None:
    changes = noted(event(1), event(2))
    assert changes.reach((1001, "evt_1"))
    assert not changes.reach((999, "evt_0"))
    assert changes.reach(None)
    assert Changes(absent=True).reach((999, "evt_0"))


def test_what_is_read_whole_keeps_the_anchor_and_no_changes() -> None:
    changes = Changes(collecting=False)
    changes.note(event(1, object="charge", id="ch_1"), TODAY)
    assert changes.newest == (1001, "evt_1")
    assert (changes.ids, changes.changed) == (set(), {})


@pytest.mark.parametrize("reread", EVENTS.rereads, ids=lambda each: f"{each.object}-{each.entity}")
def test_what_an_event_asks_for_can_be_read(reread: Any) -> None:
    entity = CONTRACT.entities[reread.entity]
    assert entity.endpoint is not None
    assert reread.list_param or entity.endpoint.retrieve
    (data,) = (field for field in EVENTS.fields if field.name == "data")
    assert {"object", reread.id} <= {field.name for field in data.fields[0].fields}


# the walk

CHARGES = CONTRACT.entities["charges"]
Row = dict[str, Any]


class Server:
    """Stands in for the API client: lists newest first, two rows a page."""

    def __init__(self, **rows: list[Row]) -> None:
        self.rows = rows
        self.asked: list[tuple[str, Row]] = []
        self.refuses_created = False
        self.loses_the_page_after_the_first = False

    @property
    def requests(self) -> int:
        return len(self.asked)

    def pages(self, path: str, params: Row, _: object) -> Iterator[tuple[Page, list[msgspec.Raw]]]:
        self.asked.append((path, params))
        if self.refuses_created and "created[gte]" in params:
            raise Refused("the server refused")
        rows = self.rows.get(path.removeprefix("/v1/"))
        if rows is None:
            raise NotFound("the server refused")
        found = [row for row in rows if row["created"] >= params.get("created[gte]", 0)]
        for start in range(0, max(len(found), 1), 2):
            if start and self.loses_the_page_after_the_first:
                raise NotFound("the server refused")
            yield self._page(found[start : start + 2])

    def object(self, path: str) -> tuple[Page, list[msgspec.Raw]]:
        self.asked.append((path, {}))
        _, _, name, object_id = path.split("/")
        for row in self.rows[name]:
            if row["id"] == object_id:
                return self._page([row])
        raise NotFound("the server refused")

    def _page(self, rows: list[Row]) -> tuple[Page, list[msgspec.Raw]]:
        raws = [msgspec.Raw(msgspec.json.encode(row)) for row in rows]
        body = msgspec.Raw(msgspec.json.encode({"data": raws}))
        return Page(request="/v1", received_at=NOW, body=body), raws


def charge(number: int) -> Row:
    money = {"amount": 100, "amount_refunded": 0, "currency": "eur"}
    return {"id": f"ch_{number}", "created": number, **money}


def told(number: int, charge_id: str) -> Row:
    about = {"object": "charge", "id": charge_id}
    return {"id": f"evt_{number}", "created": number, "data": {"object": about}}


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> dict[str, State]:
    """Each entity's state, which dlt would keep in the warehouse."""
    kept: dict[str, State] = {}

    def state(entity: Entity) -> State:
        return kept.setdefault(entity.name, {})

    monkeypatch.setattr(helpers, "_state", state)
    return kept


def load(
    server: Server, tmp_path: Path, names: tuple[str, ...] = ("charges",), days: int | None = None
) -> tuple[list[str], dict[str, LedgerRow]]:
    """The ids of the charges of one run, and the run's ledger."""
    with Unchanged(tmp_path / "warehouse.duckdb") as unchanged:
        run = LoadRun(
            source=CONTRACT,
            run_id="run_1",
            landing=Landing(str(tmp_path / "bronze")),
            tokenizer=Tokenizer(b"k" * 32),
            unchanged=unchanged,
            day=date(2026, 11, 20),
        )
        entities = CONTRACT.closure(names)
        walk = PaymentsWalk(cast(ApiClient, server), run, entities, days)
        tables = [table for entity in entities for table in walk.rows(entity)]
    ids = [
        row["id"]
        for table in tables
        if table.entity.name in names
        for row in table.rows.to_pylist()
    ]
    return ids, {name: each.ledger for name, each in run.loads.items()}


def test_the_first_run_reads_all_and_remembers_how_far(
    states: dict[str, State], tmp_path: Path
) -> None:
    server = Server(events=[told(30, "ch_10")], charges=[charge(20), charge(10)])
    ids, ledger = load(server, tmp_path)
    assert ids == ["ch_20", "ch_10"]
    assert server.asked == [("/v1/events", {}), ("/v1/charges", {})]
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
    assert server.asked == [
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
    assert server.asked[0] == ("/v1/events", {"created[gte]": 4700})
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
    assert server.asked == [
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
    server.refuses_created = True
    ids, ledger = load(server, tmp_path)
    assert ids == ["ch_6000", "ch_4800", "ch_4600", "ch_4500"]
    assert "refuses the created filter" in ledger["charges"].note


def test_a_refusal_without_a_filter_is_an_error(states: dict[str, State], tmp_path: Path) -> None:
    class Refusing(Server):
        def pages(self, path: str, params: Row, _: object) -> Any:
            raise Refused("the server refused")

    with pytest.raises(Refused):
        load(Refusing(), tmp_path)
    assert "cursor" not in states["events"]


def test_days_read_again_what_was_created_and_what_changed_since(
    states: dict[str, State], tmp_path: Path
) -> None:
    since = TODAY - 7 * DAY
    for name in ("events", "charges"):
        states[name] = {"cursor": TODAY, "event": (TODAY, "evt_1")}
    anchor = {"id": "evt_1", "created": TODAY}
    server = Server(events=[anchor, told(since, "ch_1")], charges=[charge(TODAY), charge(since)])
    ids, _ = load(server, tmp_path, days=7)
    assert [params["created[gte]"] for _, params in server.asked] == [since, since]
    assert len(ids) == 2
    assert timedelta(days=7).total_seconds() == TODAY - since
