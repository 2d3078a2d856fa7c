from __future__ import annotations

from typing import Any

import msgspec
import pytest
from stored_states import StoredStates

from contracts.odcs import Source
from dlt_pipelines.errors import ConfigurationError, StateError
from dlt_pipelines.loading.rewind import Refetch, plan
from dlt_pipelines.loading.state import EntityState

OVERLAP = 60  # of the small source's orders, two a page


@pytest.fixture
def stored() -> StoredStates:
    stored = StoredStates()
    stored.add("run_1", 1, orders={"cursor": 1000, "event": [900, "evt_1"]})
    stored.add("run_2", 2, orders={"cursor": 2000, "event": [1900, "evt_2"]})
    return stored


def test_a_plan_names_both_places_and_what_is_listed_again(
    stored: StoredStates, shop: Source
) -> None:
    for number, created in enumerate([1000 - OVERLAP - 1, 1000 - OVERLAP, 1500, 2000, None]):
        stored.add_order(f"or_{number}", created)
    stored.add_order("or_3", 2000)  # another version

    planned = plan(stored.connection, shop, to="run_1", entities=())
    assert planned.target.resources["orders"] == {"cursor": 1000, "event": [900, "evt_1"]}
    assert planned.entities == (
        Refetch(
            entity="orders",
            before=EntityState(cursor=2000, event=(1900, "evt_2")),
            after=EntityState(cursor=1000, event=(900, "evt_1")),
            rows=3,
            requests=2,
        ),
    )


def test_going_back_to_before_an_entitys_first_load_lists_all_of_it(
    stored: StoredStates, shop: Source
) -> None:
    stored.add("run_0", 0, orders={})
    stored.add_order("or_1", 1)
    stored.add_order("or_2", None)
    (orders,) = plan(stored.connection, shop, to="run_0", entities=()).entities
    assert (orders.after.cursor, orders.rows, orders.requests) == (None, 2, 1)


def test_an_empty_list_still_takes_a_request(stored: StoredStates, shop: Source) -> None:
    (orders,) = plan(stored.connection, shop, to="run_1", entities=()).entities
    assert (orders.rows, orders.requests) == (0, 1)


def test_where_the_cursors_are_already_there_is_nothing_to_rewind(
    stored: StoredStates, shop: Source
) -> None:
    assert plan(stored.connection, shop, to="run_2", entities=()).entities == ()


def test_entities_that_are_not_named_stay(stored: StoredStates, shop: Source) -> None:
    assert plan(stored.connection, shop, to="run_1", entities=["lines"]).entities == ()


@pytest.mark.parametrize(
    "behind",
    [
        {"cursor": 1999, "event": [1900, "evt_2"]},
        {"cursor": 2000, "event": [1900, "evt_1"]},
        {"cursor": 2000},
        {},
    ],
    ids=["cursor", "event", "no event", "nothing"],
)
def test_going_forward_is_refused_because_it_would_skip_rows(
    behind: dict[str, Any], stored: StoredStates, shop: Source
) -> None:
    stored.add("run_3", 3, orders=behind)
    with pytest.raises(StateError, match=r"STATE001.*skip rows.*run=run_2, ahead=orders"):
        plan(stored.connection, shop, to="run_2", entities=())


def test_a_source_without_cursors_has_nothing_to_rewind(stored: StoredStates, shop: Source) -> None:
    orders = msgspec.structs.replace(shop.entities["orders"], cursor=None)
    whole = msgspec.structs.replace(shop, entities={"orders": orders})
    with pytest.raises(ConfigurationError, match=r"CFG001.*reads this source whole"):
        plan(stored.connection, whole, to="run_1", entities=())
