from __future__ import annotations

from typing import Any

import pytest

from contracts.odcs import Endpoint
from dlt_pipelines.loading.landed import Metadata, folder_and_name, is_single
from dlt_pipelines.loading.replay import reached_state

WHOLE: dict[str, int | None] = {"since": None, "until": None}
OPEN: dict[str, int | None] = {"since": 5, "until": None}


def state(cursor: int, event: int) -> dict[str, Any]:
    return {"cursor": cursor, "event": [event, f"evt_{event}"]}


@pytest.mark.parametrize(
    ("now", "window", "before", "after", "reached"),
    [
        pytest.param({}, WHOLE, {}, state(10, 10), state(10, 10), id="a first load"),
        pytest.param({}, WHOLE, state(9, 9), state(10, 10), state(10, 10), id="read whole again"),
        pytest.param({}, OPEN, {}, state(10, 10), state(10, 10), id="the last days alone"),
        pytest.param({}, OPEN, state(9, 9), state(10, 10), {}, id="a gap before it"),
        pytest.param(
            state(9, 5), OPEN, state(9, 9), state(10, 10), state(9, 5), id="a gap of changes"
        ),
        pytest.param(
            state(9, 9), OPEN, state(9, 9), state(10, 10), state(10, 10), id="the next load"
        ),
        pytest.param(
            state(9, 20), OPEN, state(9, 9), state(10, 10), state(9, 20), id="ahead of it in part"
        ),
        pytest.param(state(20, 20), OPEN, state(9, 9), state(10, 10), state(20, 20), id="long ago"),
        pytest.param({}, {}, {}, {}, {}, id="landed without states"),
    ],
)
def test_a_state_is_restored_where_the_replay_leaves_no_gap(
    now: dict[str, Any],
    window: dict[str, int | None],
    before: dict[str, Any],
    after: dict[str, Any],
    reached: dict[str, Any],
) -> None:
    landed = Metadata(window=window, state_before=before, state_after=after)
    assert reached_state(now, [landed]) == reached


def test_the_runs_of_a_day_follow_each_other() -> None:
    landed = [
        Metadata(window=WHOLE, state_after=state(10, 10)),
        Metadata(window=OPEN, state_before=state(10, 10), state_after=state(20, 20)),
    ]
    assert reached_state({}, landed) == state(20, 20)
    assert reached_state({}, landed[::-1]) == state(10, 10)


@pytest.mark.parametrize(
    ("request_", "single"),
    [
        ("/v1/charges/ch_1", True),
        ("/below/v1/charges/ch_1?expand=x", True),
        ("/v1/charges?limit=100&starting_after=/v1/charges/ch_1", False),
        ("/v1/charges", False),
        ("/v1/charges/ch_1/refunds", False),
    ],
)
def test_an_object_is_told_from_a_list_by_its_path(request_: str, single: bool) -> None:
    endpoint = Endpoint(list="/v1/charges", retrieve="/v1/charges/{id}")
    assert is_single(endpoint, request_) is single
    assert not is_single(Endpoint(list="/charges"), request_)


def test_a_landing_may_have_moved() -> None:
    below = "source=shop/entity=orders/dt=2026-11-20/run_id=run_1"
    found = folder_and_name(f"/was/here/source=shop/entity=x/{below}/part-00000.json.zst", "shop")
    assert found == (below, "part-00000.json.zst")
