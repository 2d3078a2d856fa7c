from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
import msgspec
import pyarrow as pa
import pytest

from contracts.odcs import Entity, Field, Source
from dlt_pipelines.loading import resources
from dlt_pipelines.loading.columns import arrow_schema
from dlt_pipelines.loading.extract import LoadRun, Table, empty_table
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.quarantine import Quarantined
from dlt_pipelines.loading.resources import entity_resource, json_columns, record_resources


def recorded(run: LoadRun | None) -> dict[str, pa.Table]:
    return {each.name: next(iter(each)) for each in record_resources(run)}


@pytest.fixture
def run(shop: Source) -> LoadRun:
    parts: Any = None  # what a record does not need
    return LoadRun(source=shop, run_id="run_1", landing=parts, tokenizer=parts, unchanged=parts)


def test_the_columns_of_a_record_have_the_types_of_its_fields() -> None:
    assert (
        pa.schema(
            {
                "run_id": pa.string(),
                "entity": pa.string(),
                "cursor_before": pa.int64(),
                "cursor_after": pa.int64(),
                "moved_at": pa.timestamp("us", tz="UTC"),
                "reason": pa.string(),
            }
        )
        == resources.CURSOR_HISTORY
    )
    assert resources.LEDGER.field("seconds").type == pa.float64()


def test_an_entity_has_its_table_even_when_nothing_came(shop: Source) -> None:
    orders, lines = shop.entities["orders"], shop.entities["lines"]
    tables = list(entity_resource(orders, list, [lines]))
    assert [table.num_rows for table in tables] == [0, 0]
    assert [table.schema for table in tables] == [arrow_schema(orders), arrow_schema(lines)]


def test_a_resource_appends_to_the_entitys_table(shop: Source) -> None:
    orders = shop.entities["orders"]
    resource = entity_resource(orders, lambda: [Table(orders, empty_table(orders))])
    assert resource.name == "orders"
    assert resource.write_disposition == "append"
    assert len(list(resource)) == 2


def test_dlt_makes_a_table_of_its_own_for_embedded_rows(shop: Source, tmp_path: Path) -> None:
    orders, lines = shop.entities["orders"], shop.entities["lines"]
    pipeline = dlt.pipeline(
        "shop",
        destination=dlt.destinations.duckdb(str(tmp_path / "warehouse.duckdb")),
        pipelines_dir=str(tmp_path / "pipelines"),
    )
    pipeline.extract(dlt.source(lambda: entity_resource(orders, list, [lines]), name="shop")())
    tables = pipeline.default_schema.tables
    for entity in (orders, lines):
        assert list(tables[entity.name]["columns"]) == [*arrow_schema(entity).names, "_dlt_load_id"]
        assert tables[entity.name]["write_disposition"] == "append"
    assert tables["orders"]["columns"]["lines"]["data_type"] == "json"


def test_only_what_stays_json_is_called_json() -> None:
    entity = Entity(
        source="shop",
        name="orders",
        version="1.0.0",
        description="One row per order.",
        key="id",
        fields=(
            Field(name="id", type="string", required=True),
            Field(name="metadata", type="object"),
            Field(name="tags", type="array"),
            Field(name="card", type="object", fields=(Field(name="brand", type="string"),)),
            Field(name="address", type="object", pii=True),
        ),
    )
    assert json_columns(entity) == ["metadata", "tags", "card"]


def test_entities_know_what_is_embedded_in_them(shop: Source) -> None:
    assert shop.embedded_in("orders") == [shop.entities["lines"]]
    assert shop.embedded_in("lines") == []


def test_a_run_records_ledger_quarantine_and_cursors(run: LoadRun) -> None:
    began = datetime.now(UTC)
    loads: Any = {
        name: type("Load", (), {"ledger": row})
        for name, row in {
            "moved": LedgerRow(
                source="shop", entity="moved", run_id="run_1", cursor_before=1, cursor_after=2
            ),
            "still": LedgerRow(
                source="shop", entity="still", run_id="run_1", cursor_before=2, cursor_after=2
            ),
        }.items()
    }
    run.loads = loads
    run.quarantined.append(
        Quarantined(
            run_id="run_1",
            entity="moved",
            row_id="0" * 32,
            key="1",
            landing_file="part-00000.json.zst",
            landing_row=3,
            json_path="$.id",
            reason="Expected `str`, got `null`",
            expected="str",
            found="null",
            contract_version="1.2.0",
            seen_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
    )
    tables = recorded(run)
    assert tables["_ledger"].column("entity").to_pylist() == ["moved", "still"]
    assert tables["_quarantine"].to_pylist() == [msgspec.structs.asdict(run.quarantined[0])]
    (move,) = tables["_cursor_history"].to_pylist()
    assert began <= move.pop("moved_at") <= datetime.now(UTC)
    assert move == {
        "run_id": "run_1",
        "entity": "moved",
        "cursor_before": 1,
        "cursor_after": 2,
        "reason": "load",
    }


def test_without_a_run_the_records_are_empty_and_typed() -> None:
    tables = recorded(None)
    assert {name: table.num_rows for name, table in tables.items()} == {
        "_ledger": 0,
        "_quarantine": 0,
        "_quarantine_actions": 0,
        "_deletions": 0,
        "_cursor_history": 0,
    }
    assert tables["_ledger"].schema == resources.LEDGER
