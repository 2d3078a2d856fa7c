"""A gate that does not pass: the exit code, and what CI shows of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_pipelines import config
from expectations.catalog import Catalog
from scripts import steps
from scripts.dbt import Artifacts

MANIFEST = {
    "nodes": {
        "model.hallmark.fct_payments": {
            "name": "fct_payments",
            "alias": "fct_payments",
            "schema": "gold",
            "resource_type": "model",
        },
        "test.hallmark.not_null": {
            "name": "not_null_fct_payments_amount",
            "resource_type": "test",
            "original_file_path": "dbt_project/models/gold/payments/fct_payments.yml",
            "column_name": "amount",
            "attached_node": "model.hallmark.fct_payments",
            "test_metadata": {"name": "not_null", "kwargs": {}},
        },
    },
    "sources": {},
    "exposures": {},
    "child_map": {"model.hallmark.fct_payments": []},
}
RESULTS = {"results": [{"unique_id": "test.hallmark.not_null", "status": "fail", "failures": 3}]}


@pytest.fixture
def failing_gate(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt has found three rows without an amount; no suite is asked."""
    (data_dir / "dbt").mkdir(parents=True)
    artifacts = Artifacts(data_dir / "dbt" / "run_results.json", data_dir / "dbt" / "manifest.json")
    artifacts.run_results.write_text(json.dumps(RESULTS), "utf-8")
    artifacts.manifest.write_text(json.dumps(MANIFEST), "utf-8")
    duckdb.connect(str(config.warehouse_path())).close()
    monkeypatch.setattr(steps, "run_dbt", lambda *_, **__: artifacts)
    monkeypatch.setattr("expectations.catalog.read_suites", Catalog)


@pytest.mark.usefixtures("failing_gate")
def test_a_failing_gate_fails_the_build_and_is_annotated(hallmark: Any) -> None:
    assert hallmark("quality")[0] == 1
    code, out, _ = hallmark("report", "--annotations")
    assert code == 0
    (error,) = [line for line in out.splitlines() if "not_null" in line]
    assert error.startswith("::error file=dbt_project/models/gold/payments/fct_payments.yml,line=")
    assert "title=gold.fct_payments not_null_fct_payments_amount failed::" in error
    assert "%0Aobserved: 3 findings%0A" in error


@pytest.mark.usefixtures("failing_gate")
def test_annotations_are_for_machines_too(hallmark: Any) -> None:
    hallmark("quality")
    lines = json.loads(hallmark("report", "--annotations", "--json")[1])
    assert [line for line in lines if "not_null_fct_payments_amount" in line]


def test_there_is_nothing_to_annotate_before_a_run(hallmark: Any) -> None:
    code, out, err = hallmark("report", "--annotations")
    assert (code, out) == (1, "")
    assert err.startswith("[CFG001] no run has left a report yet: `hallmark run` does")
