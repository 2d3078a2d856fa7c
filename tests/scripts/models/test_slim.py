"""What `hallmark slim` concludes from contracts and results; dbt and git are left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines import config
from dlt_pipelines.control.warehouse import connect
from expectations.results import Check, ModelResult, Severity
from scripts.dbt import Artifacts
from scripts.models import slim
from scripts.models.baseline import Baseline, variables_of
from tests.scripts.models.manifests import Manifest, manifest, model

BEFORE = manifest(model("fct_payments", "id", "amount"))
BUILT = ModelResult(name="fct_payments", layer="gold", status="success", seconds=0.1)


def check(outcome: Any, severity: Severity = "critical") -> Check:
    return Check(
        check_id="test.hallmark.unique",
        kind="dbt_test",
        table="gold.fct_payments",
        name="unique",
        severity=severity,
        outcome=outcome,
        expected="every id once",
    )


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretends a change to `after` whose build gives `models` and `checks`."""
    with connect(config.warehouse_path()) as connection:
        connection.execute("create schema silver")
        connection.execute("create table silver.rejects (reason varchar)")
    (config.data_dir() / "slim.duckdb").write_bytes(b"of another change")

    def pretend(
        after: Manifest, models: list[ModelResult] | None = None, checks: list[Check] | None = None
    ) -> None:
        monkeypatch.setattr(slim, "baseline", before)
        monkeypatch.setattr(slim, "parse", lambda *_, **__: after)
        monkeypatch.setattr(slim, "execute", built)
        monkeypatch.setattr(slim, "dbt_checks", lambda *_: (models or [], checks or []))

    @contextmanager
    def before(base: str | None) -> Iterator[Baseline]:
        variables = variables_of(config.PROJECT_ROOT)
        yield Baseline(base or "the merge base", BEFORE, Path("state"), variables)

    return pretend


def built(command: str, *options: str, folder: Path, **_: Any) -> Artifacts:
    assert command == "build"
    assert not (config.data_dir() / "slim.duckdb").exists(), "what was built before is gone"
    return Artifacts(folder / "run_results.json", folder / "manifest.json")


@pytest.mark.parametrize(
    ("models", "checks", "outcome", "code"),
    [
        ([], [], "no effect", 0),
        ([BUILT], [check("passed")], "good", 0),
        ([BUILT], [check("failed", "warning")], "good", 0),
        ([BUILT], [check("failed")], "failed", 1),
        ([BUILT], [check("not_checked")], "failed", 1),
        ([ModelResult(name="fct_payments", layer="gold", status="error")], [], "failed", 1),
    ],
    ids=["nothing", "built", "a warning", "a failed test", "a test not run", "a broken model"],
)
def test_what_does_not_build_or_fails_its_tests_may_not_merge(
    project: Any,
    hallmark: Any,
    models: list[ModelResult],
    checks: list[Check],
    outcome: str,
    code: int,
) -> None:
    project(BEFORE, models, checks)
    ended, out, _ = hallmark("slim", "--json")
    assert (ended, json.loads(out)["outcome"]) == (code, outcome)


def test_a_warehouse_that_was_loaded_and_never_built_is_told(project: Any, hallmark: Any) -> None:
    with connect(config.warehouse_path()) as connection:
        connection.execute("drop table silver.rejects")
    ended, _, err = hallmark("slim")
    assert ended == 1
    assert "[BUILD001] production, which the rest is read from, is empty: `hallmark build`" in err


def test_what_breaks_readers_is_told_and_not_built(project: Any, hallmark: Any) -> None:
    project(manifest(model("fct_payments", "id")), [BUILT])
    ended, out, _ = hallmark("slim", "--base", "v1")
    assert ended == 1
    assert "reader: rpt_revenue → exposure board" in out
    assert out.endswith("compared with v1: it breaks readers; nothing was built\n")
    assert (config.data_dir() / "slim.duckdb").exists()


def test_what_failed_is_asked_again_where_the_change_is(project: Any, hallmark: Any) -> None:
    project(BEFORE, [BUILT], [check("failed")])
    _, out, _ = hallmark("slim")
    assert "do: `dbt build --select +unique` asks again in your own copy." in out


def test_a_changed_var_brings_the_models_that_read_it(
    project: Any, hallmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = model("fct_payments", "id", "amount")
    for node in asks.values():
        node |= {"raw_code": "{{ var('days') }}", "depends_on": {"macros": []}}
    project({**manifest(asks), "macros": {}}, [BUILT])
    selected: list[str] = []

    def build(command: str, *options: str, folder: Path, **more: Any) -> Artifacts:
        selected.extend(options[1 : options.index("--state")])
        return built(command, *options, folder=folder, **more)

    monkeypatch.setattr(slim, "execute", build)
    hallmark("slim")
    monkeypatch.setattr(slim, "variables_of", lambda _: {"days": 1})
    hallmark("slim")
    assert selected == ["state:modified+", "state:modified+", "fct_payments+"]


def test_readers_are_not_listed_for_what_breaks_none(project: Any, hallmark: Any) -> None:
    project(manifest(model("fct_payments", "id", "amount", "fee")), [BUILT])
    ended, out, _ = hallmark("slim")
    assert ended == 0
    assert "column_added: fee is new (bigint)" in out
    assert "reader:" not in out
