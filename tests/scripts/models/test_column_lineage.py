"""The lineage of this project's own columns, from the SQL that dbt compiles for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.lineage import Lineage, below, exposures
from contracts.odcs import load_source, source_names
from dlt_pipelines import config
from scripts.console import Output
from scripts.models import column_lineage as module
from scripts.models.column_lineage import column_lineage

QUIET = Output(as_json=True)


@pytest.fixture(scope="module")
def known(project_manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Lineage:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("lineage") / "data"
        patch.setenv("LOCAL_DATA_DIR", str(folder))
        found = column_lineage(QUIET, project_manifest, [])
        assert not config.warehouse_path().exists(), "production is not opened"
        patch.setattr(module, "execute", None)
        assert column_lineage(QUIET, project_manifest, []) == found, "compiled once"
        assert len(list((folder / "lineage").iterdir())) == 1
    return found


def test_the_amount_of_a_charge_reaches_the_boards(
    known: Lineage, project_manifest: dict[str, Any]
) -> None:
    found = below(known, "raw_payments.charges", "amount")
    assert found.columns["silver.stg_payments__charges"] == ("amount",)
    assert {"amount", "amount_kept"} <= set(found.columns["gold.fct_payments"])
    assert {"gross_amount", "gross_major"} <= set(found.columns["gold.rpt_daily_revenue"])
    assert "gross_amount" in found.columns["activation.pub_daily_revenue"]
    assert "net_amount" not in found.columns["activation.pub_daily_revenue"]
    assert "silver.rejects" in found.rows, "a hard rule reads it"
    readers = exposures(project_manifest, found.tables)
    assert {"daily_revenue_board", "payments_ledger"} <= set(readers)
    assert "cycle_progress_board" not in readers


def test_a_field_inside_json_reaches_its_own_columns_alone(known: Lineage) -> None:
    found = below(known, "raw_payments.charges", "payment_method_details.card.brand")
    assert found.columns == {
        "silver.stg_payments__charges": ("card_brand",),
        "gold.fct_payments": ("card_brand",),
        "activation.pub_payments": ("card_brand",),
    }


def test_a_status_of_zephyr_reaches_the_progress_of_cycles(known: Lineage) -> None:
    found = below(known, "raw_zephyr.executions", "lastTestResult")
    assert "activation.pub_cycle_progress" in found.tables
    assert "activation.pub_payments" not in found.tables


def test_every_column_of_every_model_is_known(
    known: Lineage, project_manifest: dict[str, Any]
) -> None:
    for node in project_manifest["nodes"].values():
        relation = f"{node['schema']}.{node['alias']}"
        if relation in known and node["resource_type"] == "model":
            assert set(known[relation].columns) == set(node["columns"]), relation


def test_every_column_that_is_read_of_a_table_is_one_that_it_has(
    known: Lineage, project_manifest: dict[str, Any]
) -> None:
    """Of a table whose columns are known, nothing had to be taken for any of them."""
    held = {
        f"raw_{name}.{entity.name}": {field.name for field in entity.fields}
        for name in source_names()
        for entity in load_source(name).entities.values()
    }
    for node in project_manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            held[f"{node['schema']}.{node['alias']}"] = set(node["columns"])
    for relation, one in known.items():
        for origin in one.everything:
            name = origin.column.partition(".")[0]
            columns = {column.lower() for column in held.get(origin.relation, {name})}
            assert name in columns or name.startswith("_"), (relation, origin)


def test_a_changed_model_is_compiled_again(
    project_manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    digests = set()
    for sql in ("select 1", "select 2"):
        node = project_manifest["nodes"]["model.hallmark.fct_payments"] | {"raw_code": sql}
        nodes = project_manifest["nodes"] | {"model.hallmark.fct_payments": node}
        digests.add(module._digest(project_manifest | {"nodes": nodes}, {}))
    assert len(digests) == 2
