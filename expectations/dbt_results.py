"""Reads what dbt leaves in its target folder: models that were built, tests that were run."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Literal

import msgspec

from expectations.locations import located
from expectations.manifest import Node, read_manifest
from expectations.results import Check, ModelResult, Outcome, Severity

MODEL_STATUS: dict[str, Literal["success", "error", "skipped"]] = {
    "success": "success",
    "skipped": "skipped",
    "no-op": "skipped",
}
TEST_OUTCOME: dict[str, Outcome] = {"pass": "passed", "fail": "failed", "warn": "failed"}
BUILT = {"model", "seed", "snapshot"}
TESTED = {"test", "unit_test"}


_WAY_OUT = (
    "If the table is damaged, `hallmark build --select +{model} --full-refresh` derives it anew; if"
    " the source sent it so, tell who runs it. {again}"
)


class _Result(msgspec.Struct):
    unique_id: str
    status: str
    execution_time: float = 0.0
    message: str | None = None
    failures: int | None = None
    adapter_response: dict[str, object] = {}
    compiled_code: str | None = None


class _RunResults(msgspec.Struct):
    results: list[_Result]


def dbt_checks(run_results: Path, manifest: Path) -> tuple[list[ModelResult], list[Check]]:
    """What dbt built and what its tests found, in the order in which dbt finished them.

    An artifact that is missing or unreadable is itself a critical check that is `not_checked`: a
    build that died before it could write one must not look like a build without tests.
    """
    try:
        results = msgspec.json.decode(run_results.read_bytes(), type=_RunResults).results
        nodes = read_manifest(manifest).known
    except (OSError, msgspec.MsgspecError) as error:
        return [], [_unreadable(error)]
    models: list[ModelResult] = []
    checks: list[Check] = []
    for result in results:
        node = nodes.get(result.unique_id)
        if node is None:
            checks.append(_unknown(result))
        elif node.resource_type in BUILT:
            models.append(_model(node, result))
        elif node.resource_type in TESTED:
            checks.append(_test(node, result, nodes))
    return models, checks


def _unreadable(error: Exception) -> Check:
    return Check(
        check_id="dbt_test:artifacts",
        kind="dbt_test",
        table="",
        name="artifacts",
        severity="critical",
        outcome="not_checked",
        expected="dbt wrote its run results and its manifest",
        detail=f"dbt's own log says why it stopped: {error}",
    )


def _unknown(result: _Result) -> Check:
    return Check(
        check_id=result.unique_id,
        kind="dbt_test",
        table="",
        name=result.unique_id,
        severity="critical",
        outcome="not_checked",
        expected="dbt's run results and manifest come from one build",
        observed=f"dbt reported {result.status}",
        detail="The manifest does not know this node; run `dbt build` again.",
    )


def _model(node: Node, result: _Result) -> ModelResult:
    rows = result.adapter_response.get("rows_affected")
    return ModelResult(
        name=node.alias or node.name,  # tells the versions of a model apart
        layer=node.schema if node.resource_type == "model" else node.resource_type,
        status=MODEL_STATUS.get(result.status, "error"),
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        seconds=result.execution_time,
        message=result.message or "",
    )


def _test(node: Node, result: _Result, nodes: dict[str, Node]) -> Check:
    outcome = TEST_OUTCOME.get(result.status, "not_checked")
    return Check(
        check_id=result.unique_id,
        kind="dbt_test",
        table=_table(node, nodes),
        name=node.name,
        severity=_severity(node, result),
        outcome=outcome,
        expected=_expected(node),
        observed=_observed(result, outcome),
        detail=_detail(node, result, outcome, _table(node, nodes).partition(".")[2]),
        seconds=result.execution_time,
        location=_location(node, nodes),
        sql="" if outcome == "passed" else (result.compiled_code or "").strip(),
    )


def _location(node: Node, nodes: dict[str, Node]) -> str:
    """The line of the test in the YAML of its model, or the file of a test of its own."""
    tested = nodes.get(node.attached_node or "")
    marks = [f"name: {tested.name}"] if tested else []
    marks += [f"name: {node.column_name}"] if node.column_name else []
    marks += ["data_tests", node.test_metadata.name] if node.test_metadata else []
    return located(node.original_file_path, *marks, f"name: {node.name}")


def _severity(node: Node, result: _Result) -> Severity:
    """A test of severity `error` still warns below its `error_if`: its status decides then."""
    declared = (node.config.severity or "error").lower()
    return "warning" if result.status == "warn" or declared == "warn" else "critical"


def _table(node: Node, nodes: dict[str, Node]) -> str:
    for unique_id in (node.attached_node, *node.depends_on.nodes):
        if unique_id and (tested := nodes.get(unique_id)):
            return tested.table
    return ""


def _expected(node: Node) -> str:
    if node.description:
        return node.description
    if node.resource_type == "unit_test":
        return "the model gives the expected rows for the given ones"
    if node.test_metadata is None:
        return _claim(node.raw_code) or f"{node.name} finds no row"
    arguments = [
        f"{name}={value}"
        for name, value in node.test_metadata.kwargs.items()
        if name not in ("model", "column_name")
    ]
    subject = f"{node.column_name}: " if node.column_name else ""
    name = node.test_metadata.name.replace("_", " ")
    return subject + " ".join([name, *arguments])


def _claim(sql: str) -> str:
    """The sentence that a test of its own opens with: `Fails if …`."""
    comments = takewhile(lambda line: line.startswith("--"), sql.strip().splitlines())
    told = " ".join(line.removeprefix("--").strip() for line in comments)
    return told.partition(". ")[0].rstrip(".")


def _observed(result: _Result, outcome: Outcome) -> str:
    if outcome == "not_checked":
        return f"dbt reported {result.status}"
    if result.failures is None:
        return ""
    return f"{result.failures:,} finding{'' if result.failures == 1 else 's'}"


def _detail(node: Node, result: _Result, outcome: Outcome, model: str) -> str:
    if outcome == "passed":
        return ""
    if outcome == "failed":
        again = f"`dbt test --target prod --select {node.name}` asks again."
        if node.resource_type == "unit_test":
            return f"The SQL of the model has changed its meaning. {again}"
        return _WAY_OUT.format(model=model, again=again)
    if result.status == "skipped":
        return result.message or "Skipped: something it reads was not built or broke a test."
    return result.message or "dbt does not say why."
