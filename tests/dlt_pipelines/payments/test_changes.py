"""What the events of a run say has changed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dlt_pipelines.payments.helpers import Change, Changes
from dlt_pipelines.payments.settings import CONTRACT, EVENTS
from tests.fake_client import NOW

TODAY = int(NOW.timestamp())


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
