"""A change of Gold is judged before it is merged: what breaks, for whom, and the way out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.e2e.checkout import Checkout
from tests.once import project_manifest

FOLDER = "dbt_project/models/gold/testing"
OLD, NEW = "executed_percent", "executed_share"
Model = dict[str, Any]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    made = Checkout.make(tmp_path_factory.mktemp("slim"))
    made.produce(project_manifest(tmp_path_factory))
    return made


def test_a_renamed_column_of_gold_is_refused_and_its_reader_named(checkout: Checkout) -> None:
    rename = f"s/ {OLD}(,?)$/ {NEW}\\1/"
    checkout.shell(f"sed -i -E '{rename}' {FOLDER}/rpt_cycle_progress.*")
    said = checkout.shell("make slim", code=2).stdout  # make's own code for a target that failed
    assert "BREAKING: gold.rpt_cycle_progress (protected)" in said
    assert f"column_renamed: {OLD} is gone and seems to be {NEW} now" in said
    assert "reader: pub_cycle_progress.v1 → exposure cycle_progress_board" in said
    assert "way out: leave version 1 of rpt_cycle_progress as it was" in said
    assert "it breaks readers; nothing was built" in said
    assert not (checkout.folder / "data" / "slim.duckdb").exists()


def test_the_same_in_a_new_version_may_merge(checkout: Checkout) -> None:
    checkout.shell(f"cd {FOLDER} && cp rpt_cycle_progress.sql rpt_cycle_progress_v2.sql")
    checkout.shell(f"cd {FOLDER} && git checkout rpt_cycle_progress.sql rpt_cycle_progress.yml")
    edit(checkout.folder / FOLDER / "rpt_cycle_progress.yml", add_version)
    edit(checkout.folder / FOLDER / "_rpt_cycle_progress_tests.yml", keep_to_the_first)
    found = json.loads(checkout.shell("hallmark slim --json").stdout)
    assert found["outcome"] == "good"
    assert [each["rule"] for each in found["contracts"][0]["findings"]] == ["table_added"]
    assert "rpt_cycle_progress_v2" in {model["name"] for model in found["models"]}
    assert "fct_test_executions" not in tables(checkout), "read from production, not built"


def edit(path: Path, change: Callable[[Model], None]) -> None:
    content = yaml.safe_load(path.read_text("utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


def add_version(content: Model) -> None:
    (model,) = content["models"]
    (column,) = [each for each in model["columns"] if each["name"] == OLD]
    columns = [{"include": "all", "exclude": [OLD]}, {**column, "name": NEW}]
    model |= {"latest_version": 1, "versions": [{"v": 1}, {"v": 2, "columns": columns}]}


def keep_to_the_first(content: Model) -> None:
    for test in content["unit_tests"]:
        test["versions"] = {"include": [1]}


def tables(checkout: Checkout) -> set[str]:
    with duckdb.connect(str(checkout.folder / "data" / "slim.duckdb"), read_only=True) as slim:
        query = "select table_name from duckdb_tables() where database_name = 'slim'"
        return {name for (name,) in slim.execute(query).fetchall()}
