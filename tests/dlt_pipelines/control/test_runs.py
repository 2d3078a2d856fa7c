from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.control import runs
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ConfigurationError


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def start(warehouse: Path, run_id: str = "run_1", source: str = "shop", key: str = "key 1") -> None:
    runs.start(warehouse, run_id=run_id, source=source, command="load", pii_key=key)


def recorded(warehouse: Path) -> list[tuple[Any, ...]]:
    with connect(warehouse, read_only=True) as connection:
        return connection.execute(
            """
            select run_id, source, command, status, finished_at >= started_at, error
            from control.runs order by run_id, source
            """
        ).fetchall()


def test_run_ids_are_unique_and_start_with_the_time() -> None:
    ids = [runs.new_run_id() for _ in range(20)]
    assert len(set(ids)) == 20
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", each) for each in ids)
    assert ids[0][:15] <= ids[-1][:15]


def test_a_run_is_running_until_it_is_finished(warehouse: Path) -> None:
    start(warehouse)
    assert recorded(warehouse) == [("run_1", "shop", "load", "running", None, None)]
    runs.finish(warehouse, run_id="run_1", source="shop")
    assert recorded(warehouse) == [("run_1", "shop", "load", "succeeded", True, None)]


def test_a_run_that_failed_says_why(warehouse: Path) -> None:
    start(warehouse)
    runs.finish(warehouse, run_id="run_1", source="shop", error="[EXT001] it's broken")
    assert recorded(warehouse) == [
        ("run_1", "shop", "load", "failed", True, "[EXT001] it's broken")
    ]


def test_finishing_one_source_leaves_the_other_running(warehouse: Path) -> None:
    start(warehouse, source="shop")
    start(warehouse, source="depot")
    runs.finish(warehouse, run_id="run_1", source="shop")
    assert [row[:2] + row[3:4] for row in recorded(warehouse)] == [
        ("run_1", "depot", "running"),
        ("run_1", "shop", "succeeded"),
    ]


def test_a_run_that_was_killed_is_closed_by_the_next(warehouse: Path) -> None:
    start(warehouse)
    start(warehouse, run_id="run_2")
    assert [row[0:1] + row[3:4] + row[5:] for row in recorded(warehouse)] == [
        ("run_1", "failed", "ended without a word: killed?"),
        ("run_2", "running", None),
    ]


def test_a_warehouse_takes_one_pii_key_only(warehouse: Path) -> None:
    start(warehouse)
    with pytest.raises(ConfigurationError, match=r"CFG001.*expected=key 1, found=key 2"):
        start(warehouse, run_id="run_2", key="key 2")
    start(warehouse, run_id="run_3")
    assert [row[0] for row in recorded(warehouse)] == ["run_1", "run_3"]


def ended(
    warehouse: Path, error: str | None, *, hours_ago: float = 0, command: str = "load"
) -> None:
    """A run of `shop` that began so long ago and ended so; "" leaves it running."""
    runs.start(warehouse, run_id="run_1", source="shop", command=command, pii_key="key 1")
    if error != "":
        runs.finish(warehouse, run_id="run_1", source="shop", error=error)
    began = datetime.now(UTC) - timedelta(hours=hours_ago)
    with connect(warehouse) as connection:
        connection.execute("update control.runs set started_at = ?", [began])


def resumable(warehouse: Path, *sources: str) -> runs.Unfinished | None:
    return runs.unfinished(warehouse, sources or ("shop", "depot"), "load")


@pytest.mark.parametrize("error", ["", runs.KILLED, "KeyboardInterrupt"])
def test_a_run_that_was_killed_goes_on(warehouse: Path, error: str) -> None:
    ended(warehouse, error)
    assert resumable(warehouse) == runs.Unfinished("run_1", "killed")


@pytest.mark.parametrize("code", ["RETRY001", "AUTH001", "STG001", "LOCK001"])
def test_a_run_that_was_cut_off_goes_on_and_says_by_what(warehouse: Path, code: str) -> None:
    ended(warehouse, f"[{code}] for a while")
    assert resumable(warehouse) == runs.Unfinished("run_1", f"[{code}] for a while")


@pytest.mark.parametrize(
    "error", [None, "[PAGE001] a page again", "[QUAL001] no balance", "[EXT001] gone", "KeyError"]
)
def test_a_run_that_ended_otherwise_is_begun_anew(warehouse: Path, error: str | None) -> None:
    ended(warehouse, error)
    assert resumable(warehouse) is None


@pytest.mark.parametrize(("hours", "goes_on"), [(23.9, True), (24.1, False)])
def test_a_run_goes_on_for_a_day(warehouse: Path, hours: float, goes_on: bool) -> None:
    ended(warehouse, "[RETRY001] no answer", hours_ago=hours)
    assert (resumable(warehouse) is not None) == goes_on


def test_only_the_same_command_goes_on(warehouse: Path) -> None:
    ended(warehouse, "[RETRY001] no answer", command="load --days 7")
    assert resumable(warehouse) is None


def test_only_the_last_run_of_a_source_goes_on(warehouse: Path) -> None:
    ended(warehouse, "[RETRY001] no answer", hours_ago=1)
    assert resumable(warehouse, "depot") is None
    start(warehouse, run_id="run_2", source="depot")
    assert resumable(warehouse, "shop") == runs.Unfinished("run_1", "[RETRY001] no answer")
    start(warehouse, run_id="run_3")
    runs.finish(warehouse, run_id="run_3", source="shop")
    assert resumable(warehouse, "shop") is None


def test_without_a_warehouse_nothing_goes_on(warehouse: Path) -> None:
    assert resumable(warehouse) is None


def test_a_run_that_goes_on_keeps_its_start_and_knows_what_it_has_loaded(warehouse: Path) -> None:
    ended(warehouse, "[RETRY001] no answer", hours_ago=5)
    start(warehouse)
    assert recorded(warehouse) == [("run_1", "shop", "load", "running", None, None)]
    assert not runs.succeeded(warehouse, run_id="run_1", source="shop")
    runs.finish(warehouse, run_id="run_1", source="shop", error="[RETRY001] no answer")
    with connect(warehouse) as connection:
        connection.execute("update control.runs set started_at = started_at - interval 20 hours")
    assert resumable(warehouse) is None
    runs.finish(warehouse, run_id="run_1", source="shop")
    assert runs.succeeded(warehouse, run_id="run_1", source="shop")
    assert not runs.succeeded(warehouse, run_id="run_1", source="depot")


@pytest.mark.parametrize(
    ("earlier", "same"), [("one", True), ("other", False), (None, True)], ids=str
)
def test_a_run_knows_whether_it_has_asked_the_same_server(
    earlier: str | None, same: bool, warehouse: Path
) -> None:
    about = {"run_id": "run_1", "source": "shop", "command": "load", "pii_key": "key 1"}
    assert runs.start(warehouse, **about, server=earlier or "")
    if earlier is None:  # recorded by a version that kept no servers
        with connect(warehouse) as connection:
            connection.execute("update control.runs set server = null")
    assert runs.start(warehouse, **about, server="one") is same
    assert runs.start(warehouse, **about, server="one")


def named(warehouse: Path, run_id: str, command: str = "load") -> runs.Unfinished | None:
    return runs.unfinished(warehouse, ["shop"], command, run_id)


@pytest.mark.parametrize(
    ("error", "goes_on"),
    [("[RETRY001] no answer", True), ("[PAGE001] a page again", False), (None, False)],
)
def test_a_named_run_goes_on_though_it_is_not_the_last(
    warehouse: Path, error: str | None, goes_on: bool
) -> None:
    ended(warehouse, error, hours_ago=1)
    start(warehouse, run_id="run_2")
    runs.finish(warehouse, run_id="run_2", source="shop")
    assert resumable(warehouse) is None
    assert (named(warehouse, "run_1") is not None) == goes_on
    assert named(warehouse, "run_3") is None


def test_a_named_run_is_one_command_s(warehouse: Path) -> None:
    ended(warehouse, None)
    with pytest.raises(ConfigurationError, match=r"CFG001.*run_id=run_1, command=load"):
        named(warehouse, "run_1", "load --days 7")


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        "daily",
        "20261120T060000",
        "20261320T060000Z",
        "20261120T250000Z",
        "20261120T060000Z-",
        "20261120T060000Z-../x",
        "20261120T060000Z-a b",
        "20261120T060000Z\n",
        "20261120T060000Z-" + "x" * 41,
        "\u0662\u0660\u06621120T060000Z",
    ],
)
def test_what_is_no_run_id_is_told(run_id: str) -> None:
    with pytest.raises(ValueError):
        runs.began_at(run_id)


def test_made_ids_begin_now() -> None:
    assert datetime.now(UTC) - runs.began_at(runs.new_run_id()) < timedelta(seconds=5)


@given(st.datetimes(datetime(1000, 1, 1)), st.from_regex("(-[A-Za-z0-9]{1,40})?", fullmatch=True))
def test_ids_sort_by_the_moment_in_them(moment: datetime, word: str) -> None:
    earlier = f"{moment:%Y%m%dT%H%M%SZ}{word}"
    later = moment.replace(microsecond=0)
    assert runs.began_at(earlier) == later.replace(tzinfo=UTC)
