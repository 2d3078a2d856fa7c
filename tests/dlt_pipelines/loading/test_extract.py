from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from requests import Request

from contracts.odcs import Source
from dlt_pipelines.errors import PaginationError, QualityError
from dlt_pipelines.loading import extract
from dlt_pipelines.loading.extract import EntityLoad, LoadRun, Table, belonging, empty_table
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.unchanged import Unchanged
from tests.fake_client import NOW, FakeClient

TOKENS = Tokenizer(b"k" * 32)


@pytest.fixture
def watched() -> list[int]:
    return []


@pytest.fixture
def run(shop: Source, tmp_path: Path, watched: list[int]) -> Iterator[LoadRun]:
    def watch(row: LedgerRow) -> None:
        watched.append(row.received)

    with Unchanged(tmp_path / "warehouse.duckdb") as unchanged:
        yield LoadRun(
            source=shop,
            run_id="run_1",
            landing=Landing(str(tmp_path / "bronze")),
            tokenizer=TOKENS,
            unchanged=unchanged,
            watch=watch,
            day=date(2026, 11, 20),
        )


def begin(run: LoadRun, *, keep_keys: bool = False) -> EntityLoad:
    """Orders of a server that answers with the rows that it is asked for."""
    client: Any = FakeClient(run.source, lambda path, query: query["rows"].encode())
    return run.begin(run.source.entities["orders"], client, keep_keys=keep_keys)


def add(load: EntityLoad, *rows: object, check: Any = None) -> list[Table]:
    asked = {"rows": msgspec.json.encode(rows).decode()}
    answer = load.answers.get(Request("GET", "https://api.example/orders", params=asked))
    return list(load.add(answer, check))


def order(number: int, **fields: object) -> dict[str, object]:
    return {"id": f"or_{number}", "created": 1000 + number, **fields}


def partition(run: LoadRun, tmp_path: Path) -> Path:
    return tmp_path / f"bronze/source=shop/entity=orders/dt=2026-11-20/run_id={run.run_id}"


def test_rows_come_out_as_one_table_with_tokens(run: LoadRun) -> None:
    load = begin(run)
    assert add(load, order(1, email="kim@example.com"), order(2)) == []
    (table,) = load.finish()
    assert table.entity is run.source.entities["orders"]
    rows = table.rows.to_pylist()
    assert [row["id"] for row in rows] == ["or_1", "or_2"]
    assert [row["email"] for row in rows] == [TOKENS.token("kim@example.com"), None]
    assert {row["_extracted_at"] for row in rows} == {NOW}


def test_a_full_batch_comes_out_before_the_end(
    run: LoadRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "BATCH_ROWS", 2)
    load = begin(run)
    assert add(load, order(1)) == []
    (full,) = add(load, order(2), order(3))
    assert full.rows.num_rows == 3
    assert list(load.finish()) == []
    assert load.ledger.loaded == 3


def test_the_ledger_accounts_for_every_row(run: LoadRun) -> None:
    load = begin(run)
    add(load, order(1), order(2), {"id": 3}, order(1))
    add(load, order(2, email="new@example.com"), None)
    (table,) = load.finish()
    ledger = msgspec.structs.asdict(load.ledger)
    wanted = {"received": 6, "deduplicated": 1, "quarantined": 2, "loaded": 3, "unchanged": 0}
    assert {name: ledger[name] for name in wanted} == wanted
    assert (load.ledger.pages, table.rows.num_rows) == (2, 3)


def test_a_ledger_that_does_not_balance_stops_the_load(run: LoadRun, tmp_path: Path) -> None:
    load = begin(run)
    add(load, order(1))
    load.ledger.received += 1
    with pytest.raises(QualityError):
        list(load.finish())
    assert not (partition(run, tmp_path) / "_checksums.json").exists()


def test_a_row_that_does_not_fit_is_quarantined_with_its_place(
    run: LoadRun, tmp_path: Path
) -> None:
    load = begin(run)
    add(load, order(1))
    add(load, order(2), order(3, created="yesterday, says kim@example.com"))
    run.landing.close()
    (found,) = run.quarantined
    assert (found.entity, found.run_id, found.contract_version) == ("orders", "run_1", "1.2.0")
    assert found.landing_file == str(partition(run, tmp_path) / "part-00001.json.zst")
    assert Path(found.landing_file).exists()
    assert (found.landing_row, found.json_path, found.seen_at) == (1, "$.created", NOW)
    assert "kim" not in str(found)


@pytest.mark.parametrize("row", [None, "text", 7, [], ["or_1"]])
def test_a_row_that_is_no_object_is_quarantined_too(run: LoadRun, row: object) -> None:
    load = begin(run)
    add(load, order(1), row)
    (table,) = load.finish()
    assert table.rows.num_rows == 1
    assert [each.landing_row for each in run.quarantined] == [1]


def test_embedded_rows_become_their_own_entity(run: LoadRun, tmp_path: Path) -> None:
    load = begin(run, keep_keys=True)
    add(load, order(1, lines=[{"id": 11}, {"id": 12}]), order(2), order(3, lines=[{"id": "x"}]))
    lines, orders = load.finish()
    assert [row["id"] for row in lines.rows.to_pylist()] == [11, 12]
    assert (lines.entity.name, orders.entity.name) == ("lines", "orders")
    assert [row.entity for row in run.ledger] == ["orders", "lines"]
    ledger = run.loads["lines"].ledger
    assert (ledger.received, ledger.loaded, ledger.quarantined) == (3, 2, 1)
    assert list(run.loads["lines"].keys) == [11, 12]
    (quarantined,) = run.quarantined
    assert quarantined.landing_file.startswith(str(partition(run, tmp_path)))
    assert not (tmp_path / "bronze/source=shop/entity=lines").exists()


def test_keys_are_kept_in_order_when_asked_for(run: LoadRun) -> None:
    kept, dropped = begin(run, keep_keys=True), begin(run)
    for load in (kept, dropped):
        add(load, order(2), {"id": None}, order(1))
    assert (list(kept.keys), list(dropped.keys)) == (["or_2", "or_1"], [])


def test_the_cursor_ends_at_the_newest_row_and_never_moves_back(run: LoadRun) -> None:
    load = begin(run)
    assert load.ledger.cursor_after is None
    add(load, {"id": "or_0"})
    assert load.ledger.cursor_after is None
    add(load, order(5), order(7), order(6))
    add(load, order(3))
    assert load.ledger.cursor_after == 1007
    load.ledger.cursor_after = 2000
    add(load, order(8))
    assert load.ledger.cursor_after == 2000


def test_the_cursor_never_moves_past_the_moment_of_receipt(run: LoadRun) -> None:
    load = begin(run)
    add(load, {"id": "or_1", "created": 9_999_999_999})
    assert load.ledger.cursor_after == NOW.timestamp()


def test_rows_that_were_not_asked_for_stop_the_load_after_they_landed(
    run: LoadRun, tmp_path: Path
) -> None:
    load = begin(run)
    with pytest.raises(PaginationError, match=r"PAGE001.*field=id, asked=or_1, got=or_2"):
        add(load, order(1), order(2), check=belonging("id", "or_1"))
    run.landing.close()
    assert (partition(run, tmp_path) / "part-00000.json.zst").exists()
    assert load.ledger.loaded == 0


def test_progress_counts_this_entitys_requests(run: LoadRun, watched: list[int]) -> None:
    load = begin(run)
    begin(run).answers.tally.add()
    load.answers.tally.add()
    add(load, order(1))
    assert watched == [1]
    assert load.ledger.requests == 2
    list(load.finish())
    assert run.loads["lines"].ledger.requests == 0


def test_notes_are_joined(run: LoadRun) -> None:
    load = begin(run)
    load.note("first")
    load.note("second")
    assert load.ledger.note == "first; second"


def test_a_finished_partition_has_the_metadata_of_the_load(run: LoadRun, tmp_path: Path) -> None:
    load = begin(run)
    load.ledger.cursor_before = 900
    add(load, order(1), order(2))
    list(load.finish(window={"created_from": 900}))
    metadata = json.loads((partition(run, tmp_path) / "_metadata.json").read_bytes())
    wanted = {
        "source": "shop",
        "entity": "orders",
        "run_id": "run_1",
        "dt": "2026-11-20",
        "record_count": 2,
        "page_count": 1,
        "cursor_before": 900,
        "cursor_after": 1002,
        "contract_version": "1.2.0",
        "window": {"created_from": 900},
    }
    assert {name: metadata[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("row", "is_other"),
    [
        ({"id": "or_2", "created": 2, "email": "sam@example.com"}, False),
        ({"email": "sam@example.com", "created": 2, "id": "or_2"}, False),
        ({"id": "or_2", "created": 2, "email": None}, True),
        ({"id": "or_2", "created": 2, "email": "sam@example.com", "new": 1}, True),
        ({"id": "or_2", "created": 2, "email": {"at": "example.com"}}, True),
        ({"id": "or_2", "created": 2, "email": ["sam@example.com"]}, True),
    ],
    ids=["values", "order", "null", "new field", "object", "array"],
)
def test_the_schema_hash_follows_the_shape_not_the_values(
    run: LoadRun, tmp_path: Path, row: dict[str, object], is_other: bool
) -> None:
    hashes = []
    for number, each in enumerate([{"id": "or_1", "created": 1, "email": "kim@example.com"}, row]):
        run.run_id = f"run_{number}"
        load = begin(run)
        add(load, each)
        list(load.finish())
        metadata = json.loads((partition(run, tmp_path) / "_metadata.json").read_bytes())
        hashes.append(metadata["schema_hash"])
    assert (hashes[0] != hashes[1]) == is_other


def test_an_empty_table_has_the_columns_of_a_full_one(run: LoadRun) -> None:
    load = begin(run)
    add(load, order(1))
    (table,) = load.finish()
    empty = empty_table(run.source.entities["orders"])
    assert empty.num_rows == 0
    assert empty.schema == table.rows.schema
