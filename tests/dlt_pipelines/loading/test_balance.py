"""The ledger of a load balances, whatever comes."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests import Request

from contracts.odcs import Source
from dlt_pipelines.loading import extract
from dlt_pipelines.loading.extract import LoadRun
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.unchanged import Unchanged
from tests.fake_client import FakeClient

KEYS = st.sampled_from(["or_1", "or_2", "or_3"])
VERSIONS = st.builds(lambda key, created: {"id": key, "created": created}, KEYS, st.integers(1, 3))
UNFIT = st.sampled_from([None, 7, {}, {"id": 5}, {"id": "or_1", "created": "today"}])
PAGES = st.lists(st.lists(VERSIONS | UNFIT, max_size=6), max_size=5)


def loaded(run: LoadRun, pages: list[list[Any]]) -> tuple[LedgerRow, list[pa.Table]]:
    """The ledger of a load of these pages, and what it gave to be stored."""
    client: Any = FakeClient(run.source, lambda path, query: query["rows"].encode())
    load = run.begin(run.source.entities["orders"], client, keep_keys=False)
    tables = []
    for page in pages:
        asked = {"rows": msgspec.json.encode(page).decode()}
        answer = load.answers.get(Request("GET", "https://api.example/orders", params=asked))
        tables += [table.rows for table in load.add(answer)]
    tables += [table.rows for table in load.finish()]
    return load.ledger, tables


@settings(max_examples=15)
@given(PAGES, PAGES, st.integers(1, 7))
def test_the_ledger_balances_whatever_comes(
    shop: Source, earlier: list[list[Any]], pages: list[list[Any]], batch_rows: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(extract, "BATCH_ROWS", batch_rows)
        warehouse = Path(folder) / "warehouse.duckdb"
        for run_id, each in (("run_1", earlier), ("run_2", pages)):
            landing = Landing(f"{folder}/bronze")
            with Unchanged(warehouse) as unchanged, closing(landing):
                run = LoadRun(
                    source=shop,
                    run_id=run_id,
                    landing=landing,
                    tokenizer=Tokenizer(b"k" * 32),
                    unchanged=unchanged,
                )
                row, tables = loaded(run, each)
            rows = [version for page in each for version in page]
            assert row.received == len(rows)
            assert row.quarantined == len(run.quarantined) == sum(not _fits(one) for one in rows)
            assert row.loaded == sum(table.num_rows for table in tables)
            assert run_id == "run_2" or row.unchanged == 0
            store(warehouse, tables)


def _fits(row: Any) -> bool:
    return isinstance(row, dict) and row.get("id") != 5 and isinstance(row.get("created"), int)


def store(warehouse: Path, tables: list[pa.Table]) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists raw_shop")
        for table in tables:
            connection.register("arriving", table)
            connection.execute(
                "create table if not exists raw_shop.orders as"
                " select *, '1' as _dlt_load_id from arriving limit 0;"
                "insert into raw_shop.orders select *, '1' from arriving"
            )
