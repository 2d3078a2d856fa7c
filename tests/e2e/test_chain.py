"""The first thing a newcomer does, and what comes right after it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from dlt_pipelines.control.serving import Serving
from expectations.results import RunReport
from tests.demo import copy, demo, execute
from tests.demo import reports as of_runs
from tests.e2e.conftest import query


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(demo(tmp_path_factory).last, tmp_path_factory.mktemp("chain") / "data")


@pytest.fixture(scope="module")
def reports(folder: Path) -> list[RunReport]:
    """Three runs of the demo: the first, one right after it, one a day later."""
    found = of_runs(folder)
    assert len(found) == 3
    return found


def test_the_demo_builds_exactly_what_the_apis_hold(reports: list[RunReport]) -> None:
    for report in reports:
        completeness = [each for each in report.verdict.checks if each.kind == "completeness"]
        assert report.status == "succeeded"
        assert len(completeness) > 50
        assert {each.outcome for each in completeness} == {"passed"}


def test_the_second_run_stores_no_row_and_asks_little(reports: list[RunReport]) -> None:
    first, second, _ = reports
    assert sum(row.loaded for row in second.ledger) == 0
    assert sum(row.requests for row in second.ledger) < sum(row.requests for row in first.ledger)


def test_a_day_later_new_and_changed_rows_arrive(reports: list[RunReport]) -> None:
    loaded = {row.entity: row.loaded for row in reports[2].ledger}
    assert loaded["charges"] > 0
    assert loaded["executions"] > 0


def test_the_report_is_one_file_that_needs_no_network(
    reports: list[RunReport], folder: Path
) -> None:
    written = folder / "reports" / reports[0].run_id
    assert {each.name for each in written.iterdir()} == {
        "report.html",
        "report.md",
        "report.json",
        "junit.xml",
    }
    html = (written / "report.html").read_text("utf-8")
    assert 'src="http' not in html
    assert "<link" not in html


def test_every_result_of_the_gate_is_recorded(reports: list[RunReport], folder: Path) -> None:
    recorded = query(
        folder, "select run_id, count(*) from control.gate_results group by run_id order by run_id"
    )
    assert recorded == [(report.run_id, len(report.verdict.checks)) for report in reports]


def test_an_analyst_builds_without_flags_and_production_stays_untouched(
    reports: list[RunReport], folder: Path
) -> None:
    warehouse = folder / "warehouse.duckdb"
    before = hashlib.sha256(warehouse.read_bytes()).hexdigest()
    target = ("--target-path", str(folder / "target"), "--log-path", str(folder / "logs"))
    done = execute(folder, "dbt", "build", *target)
    assert done.returncode == 0, done.stdout + done.stderr

    assert "ERROR=0" in done.stdout
    assert hashlib.sha256(warehouse.read_bytes()).hexdigest() == before
    assert (folder / "dev.duckdb").exists()


@pytest.mark.parametrize("source", ["payments", "zephyr"])
def test_dlt_answers_for_its_pipelines(source: str, reports: list[RunReport], folder: Path) -> None:
    done = execute(folder, "dlt", "pipeline", source, "info")
    assert done.returncode == 0, done.stderr
    assert f"dataset_name: raw_{source}" in done.stdout


def test_status_tells_the_runs_as_json(reports: list[RunReport], folder: Path) -> None:
    status = json.loads(execute(folder, "hallmark", "status", "--json").stdout)
    assert {each["source"]: each["status"] for each in status["loads"]} == {
        "payments": "succeeded",
        "zephyr": "succeeded",
    }
    assert status["gate"][0]["run_id"] == reports[-1].run_id


def test_each_run_serves_the_gold_that_passed_its_gate(
    reports: list[RunReport], folder: Path
) -> None:
    serving = Serving.of(folder)
    runs = [report.run_id for report in reports]
    assert [each.run_id for each in reversed(serving.snapshots)] == runs
    assert (serving.current, serving.rollback_target) == (runs[2], runs[1])
    with duckdb.connect(str(serving.link), read_only=True) as connection:
        served = connection.execute(
            "select count(*), sum(amount) from gold.fct_payments"
        ).fetchall()
    assert served == query(folder, "select count(*), sum(amount) from gold.fct_payments")
    manifest = json.loads((folder / "_state" / "manifests" / f"run_{runs[2]}.json").read_bytes())
    assert manifest["stages"]["publish"]["snapshot"] == f"gold-{runs[2]}.duckdb"
    assert [step.name for step in reports[2].steps][-1] == "publish"


def test_the_demo_never_mixes_with_real_data(reports: list[RunReport], folder: Path) -> None:
    done = execute(folder, "hallmark", "load", "payments")
    assert done.returncode == 1
    assert "[CFG001] the warehouse holds the demo's data" in done.stderr
