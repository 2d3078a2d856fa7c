from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_states import StoredStates

from contracts.odcs import Source
from dlt_pipelines.errors import ConfigurationError, StateError
from dlt_pipelines.loading.state import (
    EntityState,
    Move,
    State,
    Version,
    check_readable,
    in_force,
    moves,
    state_after,
    versions,
)

EVENTS = st.none() | st.tuples(st.integers(0, 9), st.sampled_from(["evt_1", "evt_2"]))
STATES = st.builds(EntityState, cursor=st.none() | st.integers(0, 9), event=EVENTS)


@pytest.fixture
def stored() -> StoredStates:
    return StoredStates()


def document(sources: str) -> str:
    return f'{{"_state_version": 1, "_state_engine_version": 4, "sources": {sources}}}'


def test_versions_come_newest_first_with_their_runs_and_what_is_in_force(
    stored: StoredStates,
) -> None:
    stored.add("run_1", 1, orders={"cursor": 10})
    stored.add("run_2", 2, orders={"cursor": 20})
    stored.add("run_3", 3, orders={"cursor": 30}, completed=False)

    found = versions(stored.connection, "shop")
    assert found[0] == Version(
        run_id="run_3",
        load_id="3.5",
        stored_at=datetime(2026, 11, 20, 0, 0, 3, tzinfo=UTC),
        completed=False,
        in_force=False,
        moved=("orders",),
    )
    told = [(version.run_id, version.completed, version.in_force) for version in found]
    assert told == [("run_3", False, False), ("run_2", True, True), ("run_1", True, False)]


def test_a_version_whose_load_was_undone_has_no_run(stored: StoredStates) -> None:
    stored.add("run_1", 1, orders={"cursor": 10}, completed=False)
    stored.connection.execute("delete from raw_shop._ledger; delete from raw_shop._cursor_history")
    (version,) = versions(stored.connection, "shop")
    assert (version.run_id, version.completed, version.moved) == (None, False, ())


def test_a_damaged_version_is_listed_like_the_others(stored: StoredStates) -> None:
    stored.add("run_1", 1, text="rubbish")
    assert [version.run_id for version in versions(stored.connection, "shop")] == ["run_1"]


def test_before_the_first_load_there_are_no_versions_and_no_state() -> None:
    with duckdb.connect() as connection:
        assert versions(connection, "shop") == []
        check_readable(connection, "shop")
        with pytest.raises(ConfigurationError, match=r"CFG001.*nothing was loaded yet"):
            in_force(connection, "shop")


def test_the_state_in_force_is_that_of_the_newest_completed_load(stored: StoredStates) -> None:
    stored.add("run_1", 1, orders={"cursor": 10, "event": [7, "evt_1"]})
    stored.add("run_2", 2, orders={"cursor": 20}, completed=False)
    state = in_force(stored.connection, "shop")
    assert state.of("orders") == EntityState(cursor=10, event=(7, "evt_1"))
    assert state.of("lines") == EntityState()


def test_a_run_that_moved_nothing_left_the_state_that_it_found(stored: StoredStates) -> None:
    stored.add("run_1", 1, orders={"cursor": 10})
    stored.add("run_2", 2)
    stored.add("run_3", 3, orders={"cursor": 30})
    assert state_after(stored.connection, "shop", "run_2").of("orders").cursor == 10


def test_a_run_of_several_loads_left_the_state_of_its_last(stored: StoredStates) -> None:
    stored.add("run_1", 1, orders={"cursor": 10})
    stored.add("run_1", 2, orders={"cursor": 20})
    stored.add("run_2", 3, orders={"cursor": 30})
    assert state_after(stored.connection, "shop", "run_1").of("orders").cursor == 20


@pytest.mark.parametrize(("run_id", "status"), [("run_9", "unknown"), ("run_2", "failed")])
def test_a_run_without_a_completed_load_is_refused_and_the_known_ones_are_named(
    run_id: str, status: str, stored: StoredStates
) -> None:
    stored.add("run_1", 1, orders={"cursor": 10})
    stored.add("run_2", 2, orders={"cursor": 20}, completed=False)
    with pytest.raises(
        ConfigurationError, match=rf"CFG001.*run={run_id}, status={status}, known=run_1\)"
    ):
        state_after(stored.connection, "shop", run_id)


@pytest.mark.parametrize(
    "text",
    [
        "rubbish",
        "eNqtrubbish=",
        "[]",
        "{}",
        '{"_state_version": 1}',
        document("[]"),
        document('{"shop": {"resources": {"orders": {"cursor": "x"}}}}'),
        document('{"shop": {"resources": {"orders": {"event": [1]}}}}'),
    ],
)
def test_a_state_that_cannot_be_read_says_which_row_to_delete(
    text: str, stored: StoredStates
) -> None:
    stored.add("run_1", 1, orders={"cursor": 10})
    stored.add("run_2", 2, text=text)
    with pytest.raises(StateError, match=r"STATE001.*delete its row.*_dlt_load_id=2\.5"):
        in_force(stored.connection, "shop")
    stored.connection.execute("delete from raw_shop._dlt_pipeline_state where _dlt_load_id = '2.5'")
    check_readable(stored.connection, "shop")
    assert in_force(stored.connection, "shop").of("orders").cursor == 10


def test_only_entities_whose_states_differ_have_moved(shop: Source) -> None:
    before = State(load_id="1.5", resources={"orders": {"cursor": 1}, "lines": {"cursor": 5}})
    after = State(load_id="2.5", resources={"orders": {"cursor": 2}, "lines": {"cursor": 5}})
    assert moves(shop, before, after) == [
        Move(entity="orders", before=EntityState(cursor=1), after=EntityState(cursor=2))
    ]


@given(STATES, STATES)
def test_of_two_states_that_differ_one_is_ahead(one: EntityState, other: EntityState) -> None:
    assert (one.is_ahead_of(other) or other.is_ahead_of(one)) == (one != other)


@given(STATES)
def test_nothing_is_behind_a_state_that_has_read_nothing(state: EntityState) -> None:
    assert not EntityState().is_ahead_of(state)
    assert not state.is_ahead_of(state)
