from __future__ import annotations

import errno
import os
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.control import serving as module
from dlt_pipelines.control.exports import read_pointers
from dlt_pipelines.control.serving import Move, Serving, served_in_turn
from dlt_pipelines.control.warehouse import exclusive
from dlt_pipelines.errors import (
    BuildError,
    ConfigurationError,
    LockError,
    StateError,
    StorageError,
)
from tests.gold_warehouse import build_gold
from tests.other_process import other_process

STAYING = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
print(flush=True)
sys.stdin.readline()
print(*connection.execute("select distinct version from gold.fct_orders").fetchall()[0])
"""
LOOPING = """
import duckdb, os, select, sys
versions = "select version from {} group by all"
tables = ("gold.fct_orders", "gold.dim_shops", "activation.pub_orders")
seen, opens = set(), 0
while not select.select([sys.stdin], [], [], 0)[0]:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        found = [connection.execute(versions.format(each)).fetchall() for each in tables]
        orders = connection.execute("select count(*) from gold.fct_orders").fetchone()
    assert found[0] == found[1] == found[2] and len(found[0]) == 1 and orders == (1000,), found
    seen.add(found[0][0][0])
    opens += 1
    if opens == 1:
        print(flush=True)
print(opens, len(seen))
"""
PAUSED = """
import sys, time
from pathlib import Path
from dlt_pipelines.control import serving, snapshots
def pause(*_):
    print(flush=True)
    time.sleep(60)
setattr(*{place}, pause)
serving.Serving.of(Path(sys.argv[1])).publish(Path(sys.argv[2]), "run_2", by="run")
"""


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    return Serving.of(tmp_path)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return build_gold(tmp_path / "warehouse.duckdb")


def publish(serving: Serving, warehouse: Path, *versions: int, keep: int = 9) -> None:
    """Builds and publishes versions; run_1 is of version 1."""
    for version in versions:
        build_gold(warehouse, version=version)
        serving.publish(warehouse, f"run_{version}", by="run", keep=keep)


def served_version(serving: Serving) -> int:
    with duckdb.connect(str(serving.link), read_only=True) as connection:
        row = connection.execute("select version from activation.pub_orders").fetchone()
    assert row is not None
    return int(row[0])


def pointed(serving: Serving) -> dict[str, tuple[str, str, int]]:
    found = read_pointers(serving.state_dir)
    return {each.model: (each.run_id, each.relation, each.row_count) for each in found}


def there(serving: Serving) -> list[str]:
    return [each.run_id for each in serving.snapshots]


def test_before_the_first_publish_nothing_is_served(serving: Serving) -> None:
    assert (serving.current, serving.snapshots, serving.moves) == (None, [], [])
    assert not serving.folder.exists()


def test_a_publish_is_what_readers_open_from_then_on(serving: Serving, warehouse: Path) -> None:
    publish(serving, warehouse, 1, 2)
    assert served_version(serving) == 2
    assert [(each.run_id, each.is_current) for each in serving.snapshots] == [
        ("run_2", True),
        ("run_1", False),
    ]
    assert [(each.run_id, each.action, each.by) for each in serving.moves] == [
        ("run_1", "publish", "run"),
        ("run_2", "publish", "run"),
    ]


def test_pointers_tell_what_readers_open_also_after_going_back(
    serving: Serving, warehouse: Path
) -> None:
    publish(serving, warehouse, 1, 2)
    assert pointed(serving) == {
        "dim_shops": ("run_2", "gold.dim_shops", 1),
        "fct_orders": ("run_2", "gold.fct_orders", 1000),
        "pub_orders": ("run_2", "activation.pub_orders", 1),
    }
    serving.rollback("run_1")
    assert {run_id for run_id, *_ in pointed(serving).values()} == {"run_1"}
    assert {each.snapshot for each in read_pointers(serving.state_dir)} == {"gold-run_1.duckdb"}


def test_a_publish_that_fails_leaves_the_pointers(serving: Serving, warehouse: Path) -> None:
    publish(serving, warehouse, 1)
    before = pointed(serving)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop schema gold cascade; drop schema activation cascade")
    with pytest.raises(BuildError):
        serving.publish(warehouse, "run_2", by="run")
    assert pointed(serving) == before


def test_the_folder_can_be_moved_elsewhere(
    serving: Serving, warehouse: Path, tmp_path: Path
) -> None:
    publish(serving, warehouse, 1)
    elsewhere = serving.folder.rename(tmp_path / "copied")
    assert duckdb.connect(str(elsewhere / "current.duckdb"), read_only=True).sql(
        "from gold.dim_shops"
    )


def test_a_reader_that_stays_keeps_what_it_opened_and_hinders_nobody(
    serving: Serving, warehouse: Path
) -> None:
    publish(serving, warehouse, 1)
    with other_process(STAYING, serving.link) as reader:
        publish(serving, warehouse, 2, 3, keep=1)
        assert there(serving) == ["run_3", "run_2"]
        assert reader.communicate("\n", timeout=30)[0] == "1\n"


def test_readers_that_come_and_go_meet_one_version_or_another_without_an_error(
    serving: Serving, warehouse: Path
) -> None:
    publish(serving, warehouse, 1)
    with other_process(LOOPING, serving.link) as reader:
        publish(serving, warehouse, *range(2, 22), keep=1)
        told = reader.communicate("\n", timeout=30)[0]
    assert reader.returncode == 0
    opens, versions = map(int, told.split())
    assert opens >= versions > 3


@pytest.mark.parametrize(
    "place",
    [
        "(snapshots, '_copy')",
        "(snapshots, 'sync')",
        "(serving, 'link_atomically')",
        "(serving, 'write_atomically')",
    ],
    ids=["before rows", "before its name", "before the link", "before the move is written"],
)
def test_a_publish_that_is_killed_leaves_one_that_can_be_read(
    serving: Serving, warehouse: Path, place: str
) -> None:
    publish(serving, warehouse, 1)
    build_gold(warehouse, version=2)
    script = PAUSED.format(place=place)
    with other_process(script, serving.folder.parent, warehouse) as process:
        process.kill()
    assert served_version(serving) == (2 if "write_" in place else 1)
    publish(serving, warehouse, 3)
    names = sorted(each.name for each in serving.folder.iterdir() if each.name.startswith("."))
    assert (served_version(serving), names) == (3, [])


@pytest.mark.parametrize("step", ["link_atomically", "write_snapshot"])
def test_a_disk_that_is_full_leaves_the_old_one(
    serving: Serving, warehouse: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        (serving.folder / ".gold-run_2.duckdb").write_bytes(b"as far as it came")
        raise StorageError("cannot write", cause=os.strerror(errno.ENOSPC))

    publish(serving, warehouse, 1)
    monkeypatch.setattr(module, step, full)
    with pytest.raises(StorageError):
        publish(serving, warehouse, 2)
    assert (served_version(serving), len(serving.moves)) == (1, 1)
    if step == "write_snapshot":
        assert not list(serving.folder.glob(".*"))


def test_a_rollback_serves_the_one_before_and_the_next_goes_on_from_there(
    serving: Serving, warehouse: Path
) -> None:
    publish(serving, warehouse, 1, 2, 3)
    serving.rollback(serving.target(None))
    assert served_version(serving) == 2
    assert serving.rollback_target == "run_1"  # run_3 was left for bad
    publish(serving, warehouse, 4)
    assert serving.rollback_target == "run_2"
    serving.rollback(serving.target("run_3"))
    assert served_version(serving) == 3
    assert [(move.run_id, move.by) for move in serving.moves if move.action == "rollback"] == [
        ("run_2", "operator"),
        ("run_3", "operator"),
    ]


@pytest.mark.parametrize("to", [None, "run_1", "run_7"], ids=["none before", "served", "unknown"])
def test_there_must_be_one_to_go_back_to(serving: Serving, warehouse: Path, to: str | None) -> None:
    publish(serving, warehouse, 1)
    with pytest.raises(ConfigurationError, match="hallmark snapshot list"):
        serving.target(to)


def test_a_snapshot_that_cannot_be_read_is_not_gone_back_to(
    serving: Serving, warehouse: Path
) -> None:
    publish(serving, warehouse, 1, 2)
    damaged = serving.folder / "gold-run_1.duckdb"
    damaged.unlink()
    damaged.write_bytes(b"not a database")
    with pytest.raises(StorageError):
        serving.rollback("run_1")
    assert (serving.current, len(serving.moves)) == ("run_2", 2)


def test_a_rollback_needs_neither_the_warehouse_nor_its_lock(
    serving: Serving, warehouse: Path
) -> None:
    publish(serving, warehouse, 1, 2)
    warehouse.write_bytes(b"damaged")
    with exclusive(serving.state_dir):
        serving.rollback("run_1")
    assert served_version(serving) == 1


def test_two_never_move_the_link_at_once(serving: Serving, warehouse: Path) -> None:
    publish(serving, warehouse, 1, 2)
    with exclusive(serving.state_dir, "snapshots"), pytest.raises(LockError, match="snapshots"):
        serving.rollback("run_1")
    assert serving.current == "run_2"


def test_a_damaged_record_stops_before_anything_is_served(
    serving: Serving, warehouse: Path
) -> None:
    publish(serving, warehouse, 1)
    (serving.state_dir / "served.json").write_text("[{")
    with pytest.raises(StateError, match="move the file away"):
        publish(serving, warehouse, 2)
    assert serving.current == "run_1"


@pytest.mark.parametrize(
    ("keep", "left"),
    [(1, [5, 3]), (2, [5, 3]), (3, [5, 4, 3]), (4, [5, 4, 3, 2]), (9, [5, 4, 3, 2, 1])],
)
def test_the_newest_stay_the_served_one_and_what_it_goes_back_to(
    serving: Serving, warehouse: Path, keep: int, left: list[int]
) -> None:
    publish(serving, warehouse, 1, 2, 3, 4)
    serving.rollback("run_3")
    foretold = [f"run_{each}" for each in (4, 3, 2, 1) if each not in left]
    assert serving.removed_by("run_5", keep=keep) == foretold
    publish(serving, warehouse, 5, keep=keep)
    assert there(serving) == [f"run_{each}" for each in left]
    assert serving.rollback_target == "run_3"


MOVES = st.lists(
    st.builds(
        Move,
        run_id=st.sampled_from(["run_1", "run_2", "run_3", "run_4"]),
        action=st.sampled_from(["publish", "rollback"]),
        by=st.just("operator"),
        at=st.datetimes(),
    ),
    min_size=1,
)


@given(MOVES)
def test_the_turn_ends_with_what_is_served_and_names_each_run_once(moves: list[Move]) -> None:
    turn = served_in_turn(moves)
    assert turn[-1] == moves[-1].run_id
    assert len(set(turn)) == len(turn)
