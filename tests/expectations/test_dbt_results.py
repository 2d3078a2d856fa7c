"""dbt's artifacts, cut down to the fields dbt 1.11 writes and the gate reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from expectations.dbt_results import dbt_checks
from expectations.gate import judge
from expectations.results import Check, ModelResult

MODEL = {
    "name": "fct_payments",
    "alias": "fct_payments",
    "schema": "gold",
    "resource_type": "model",
    "config": {"materialized": "table"},
    "depends_on": {"macros": [], "nodes": []},
}
GENERIC_TEST = {
    "name": "accepted_values_fct_payments_status",
    "alias": "accepted_values_fct_payments_status",
    "schema": "dbt_test__audit",
    "resource_type": "test",
    "description": "",
    "column_name": "status",
    "attached_node": "model.hallmark.fct_payments",
    "test_metadata": {
        "name": "accepted_values",
        "kwargs": {"column_name": "status", "values": ["failed"], "model": "{{ ref('…') }}"},
        "namespace": None,
    },
    "config": {"severity": "ERROR"},
    "depends_on": {"macros": [], "nodes": ["model.hallmark.fct_payments"]},
}
SINGULAR_TEST = {
    "name": "assert_payments_equal_charges",
    "schema": "dbt_test__audit",
    "resource_type": "test",
    "config": {"severity": "ERROR"},
    "depends_on": {"nodes": ["model.hallmark.fct_payments"]},
}
UNIT_TEST = {
    "name": "fees_come_from_bookings",
    "resource_type": "unit_test",
    "depends_on": {"nodes": ["model.hallmark.fct_payments"]},
    "config": {"severity": None},
}


def read(
    folder: Path, status: str, node: dict[str, Any] = GENERIC_TEST, **fields: object
) -> tuple[list[ModelResult], list[Check]]:
    """What the gate makes of one result for `node`."""
    result = {
        "unique_id": "test.hallmark.asked",
        "status": status,
        "execution_time": 0.5,
        "adapter_response": {"_message": "OK"},
        "message": None,
        "failures": None,
        "thread_id": "Thread-1",
    } | fields
    kind = "exposures" if node["resource_type"] == "exposure" else "nodes"
    manifest: dict[str, dict[str, Any]] = {
        "nodes": {"model.hallmark.fct_payments": MODEL},
        "unit_tests": {},
        "exposures": {},
    }
    manifest[kind]["test.hallmark.asked"] = node
    (folder / "run_results.json").write_text(json.dumps({"results": [result], "args": {}}))
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return dbt_checks(folder / "run_results.json", folder / "manifest.json")


@pytest.mark.parametrize(
    ("status", "declared", "outcome", "severity"),
    [
        ("pass", "ERROR", "passed", "critical"),
        ("pass", "warn", "passed", "warning"),
        ("fail", "ERROR", "failed", "critical"),
        ("warn", "warn", "failed", "warning"),
        ("warn", "ERROR", "failed", "warning"),
        ("error", "ERROR", "not_checked", "critical"),
        ("error", "warn", "not_checked", "warning"),
        ("skipped", "ERROR", "not_checked", "critical"),
        ("a status of a later dbt", "ERROR", "not_checked", "critical"),
    ],
)
def test_a_test_result_becomes_a_check(
    tmp_path: Path, status: str, declared: str, outcome: str, severity: str
) -> None:
    _, (check,) = read(tmp_path, status, GENERIC_TEST | {"config": {"severity": declared}})
    assert (check.outcome, check.severity) == (outcome, severity)
    assert (check.kind, check.table, check.seconds) == ("dbt_test", "gold.fct_payments", 0.5)


def test_a_generic_test_says_what_it_asks(tmp_path: Path) -> None:
    _, (check,) = read(tmp_path, "fail", failures=3)
    assert check.expected == "status: accepted values values=['failed']"
    assert check.observed == "3 findings"
    assert "dbt test --target prod --select accepted_values_fct_payments_status" in check.detail


@pytest.mark.parametrize("node", [SINGULAR_TEST, UNIT_TEST], ids=["singular", "unit"])
def test_tests_without_metadata_find_their_table(tmp_path: Path, node: dict[str, Any]) -> None:
    _, (check,) = read(tmp_path, "pass", node)
    assert check.table == "gold.fct_payments"
    assert check.expected


def test_a_singular_test_says_what_it_opens_with(tmp_path: Path) -> None:
    sql = "-- Fails if a refund is lost on its\n-- way to Gold. A warning: it comes late.\nselect"
    _, (check,) = read(tmp_path, "fail", SINGULAR_TEST | {"raw_code": sql}, failures=1)
    assert check.expected == "Fails if a refund is lost on its way to Gold"


def test_a_failed_test_says_how_to_make_its_table_anew(tmp_path: Path) -> None:
    _, (check,) = read(tmp_path, "fail", failures=3)
    assert "`hallmark build --select +fct_payments --full-refresh`" in check.detail


def test_a_failed_unit_test_is_not_mended_by_a_rebuild(tmp_path: Path) -> None:
    _, (check,) = read(tmp_path, "fail", UNIT_TEST, failures=1)
    assert "hallmark build" not in check.detail
    assert "The SQL of the model has changed its meaning." in check.detail


def test_an_error_is_handed_on_as_dbt_tells_it(tmp_path: Path) -> None:
    _, (check,) = read(tmp_path, "error", message='Binder Error: column "gone" not found')
    assert check.detail == 'Binder Error: column "gone" not found'


@pytest.mark.parametrize(
    ("status", "shown"),
    [("success", "success"), ("error", "error"), ("skipped", "skipped"), ("no-op", "skipped")],
)
def test_a_model_is_listed_with_its_layer(tmp_path: Path, status: str, shown: str) -> None:
    (model,), checks = read(tmp_path, status, MODEL)
    assert (model.name, model.layer, model.status, model.rows) == (
        "fct_payments",
        "gold",
        shown,
        None,
    )
    assert checks == []


def test_versions_of_a_model_are_told_apart(tmp_path: Path) -> None:
    (model,), _ = read(tmp_path, "success", MODEL | {"alias": "fct_payments_v1"})
    assert model.name == "fct_payments_v1"


def test_an_exposure_is_neither_built_nor_checked(tmp_path: Path) -> None:
    exposure = {"name": "board", "resource_type": "exposure"}
    assert read(tmp_path, "no-op", exposure) == ([], [])


def test_rows_are_taken_where_the_adapter_tells_them(tmp_path: Path) -> None:
    (model,), _ = read(tmp_path, "success", MODEL, adapter_response={"rows_affected": 12})
    assert model.rows == 12


def test_a_result_the_manifest_does_not_know_is_not_checked(tmp_path: Path) -> None:
    _, (check,) = read(tmp_path, "pass", unique_id="test.hallmark.of_another_build")
    assert (check.outcome, check.severity) == ("not_checked", "critical")


@pytest.mark.parametrize("content", [None, b"", b'{"results": [{"unique_id"', b'{"results": 3}'])
def test_a_build_that_left_no_readable_results_does_not_pass(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "run_results.json").write_bytes(content)
    models, checks = dbt_checks(tmp_path / "run_results.json", tmp_path / "manifest.json")
    assert models == []
    assert judge(checks).outcome == "not_checked"
