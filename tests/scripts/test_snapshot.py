from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_pipelines import config
from dlt_pipelines.control.serving import Serving
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import StorageError
from expectations.gate import judge
from expectations.record import record
from expectations.results import Check, Outcome
from scripts.console import Output
from scripts.steps import Run
from tests.gold_warehouse import build_gold

Judge = Callable[..., None]


def check(outcome: Outcome, waived: str = "") -> Check:
    return Check(
        check_id="one",
        kind="expectation",
        table="gold.fct_orders",
        name="rule",
        severity="critical",
        outcome=outcome,
        expected="what should be",
        waived=waived,
    )


@pytest.fixture
def serving(data_dir: Path) -> Serving:
    return Serving.of(data_dir)


@pytest.fixture
def judged(data_dir: Path) -> Judge:
    """Builds Gold, and has a gate judge it."""

    def build(run_id: str, outcome: Outcome = "passed", *, version: int = 1) -> None:
        build_gold(config.warehouse_path(), version=version)
        built_at(data_dir, datetime.now(UTC).timestamp() - 60)
        with connect(config.warehouse_path()) as connection:
            record(connection, run_id, judge([check(outcome)]), started_at=datetime.now(UTC))

    return build


def built_at(data_dir: Path, moment: float) -> None:
    results = data_dir / "dbt" / "run_results.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.touch()
    os.utime(results, (moment, moment))


def test_gold_that_the_last_gate_passed_is_published(
    hallmark: Any, judged: Judge, serving: Serving
) -> None:
    judged("run_1")
    code, out, _ = hallmark("snapshot", "publish", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["run_id"], told["published"], len(told["tables"])) == ("run_1", True, 3)
    assert serving.current == "run_1"
    with duckdb.connect(str(serving.link), read_only=True) as connection:
        assert connection.sql("from gold.fct_orders").fetchone()


def test_a_check_that_is_waived_keeps_nothing_from_being_published(
    hallmark: Any, judged: Judge
) -> None:
    judged("run_1")
    with connect(config.warehouse_path()) as connection:
        verdict = judge([check("passed"), check("failed", "known, being mended")])
        record(connection, "run_2", verdict, started_at=datetime.now(UTC))
    assert json.loads(hallmark("snapshot", "publish", "--json")[1])["run_id"] == "run_2"


@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=["publish", "dry run"])
@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("failed", "the last gate did not pass"),
        ("not_checked", "the last gate did not pass"),
        (None, "no gate has judged this warehouse"),
    ],
)
def test_what_no_gate_has_passed_is_refused(
    outcome: Outcome | None,
    message: str,
    options: tuple[str, ...],
    hallmark: Any,
    judged: Judge,
    serving: Serving,
) -> None:
    if outcome is None:
        build_gold(config.warehouse_path())
    else:
        judged("run_1")
        judged("run_2", outcome)
    code, _, err = hallmark("snapshot", "publish", *options)
    assert code == 1
    assert err.startswith(f"[QUAL001] {message}")
    assert "hallmark quality" in err
    assert not serving.folder.exists()


@pytest.mark.parametrize("cut_off", [False, True], ids=["built again", "cut off"])
def test_what_was_built_after_the_gate_is_refused(
    cut_off: bool, hallmark: Any, judged: Judge, data_dir: Path
) -> None:
    judged("run_1")
    built_at(data_dir, datetime.now(UTC).timestamp() + 60)
    if cut_off:
        (data_dir / "dbt" / "run_results.json").unlink()
    code, _, err = hallmark("snapshot", "publish")
    assert code == 1
    assert err.startswith("[QUAL001] dbt ran after the last gate")


def test_a_dry_run_says_what_a_publish_would_do_and_does_nothing(
    hallmark: Any, judged: Judge, serving: Serving
) -> None:
    for version in (1, 2, 3):
        judged(f"run_{version}", version=version)
        if version < 3:
            hallmark("snapshot", "publish")
    code, out, _ = hallmark("snapshot", "publish", "--dry-run", "--keep", "1")
    assert code == 0
    assert out == "would serve 3 tables, 1,002 rows, of run run_3\nwould remove run_1\n"
    assert [each.run_id for each in serving.snapshots] == ["run_2", "run_1"]
    removed = json.loads(hallmark("snapshot", "publish", "--keep", "1", "--json")[1])["removed"]
    assert removed == ["run_1"]
    assert [each.run_id for each in serving.snapshots] == ["run_3", "run_2"]


def test_a_rollback_is_shown_by_the_list_and_the_status(
    hallmark: Any, judged: Judge, serving: Serving
) -> None:
    for version in (1, 2):
        judged(f"run_{version}", version=version)
        hallmark("snapshot", "publish")
    code, out, _ = hallmark("snapshot", "rollback", "--dry-run")
    assert (code, out) == (0, "would serve run run_1 in the place of run_2\n")
    assert serving.current == "run_2"

    done = json.loads(hallmark("snapshot", "rollback", "--json")[1])
    assert done == {"from": "run_2", "to": "run_1", "done": True}
    listed = json.loads(hallmark("snapshot", "list", "--json")[1])
    assert {each["run_id"]: each["is_current"] for each in listed["snapshots"]} == {
        "run_1": True,
        "run_2": False,
    }
    assert [(each["action"], each["by"]) for each in listed["moves"]][-1] == (
        "rollback",
        "operator",
    )
    assert "rollback" in hallmark("snapshot", "list")[1]
    assert "served: Gold of run run_1, published 20" in hallmark("status")[1]
    assert json.loads(hallmark("status", "--json")[1])["served"]["run_id"] == "run_1"


def test_a_list_of_nothing_says_what_publishes(hallmark: Any, data_dir: Path) -> None:
    code, out, _ = hallmark("snapshot", "list")
    assert (code, out.count("\n")) == (0, 1)
    assert "a run whose gate passes" in out
    assert not data_dir.exists()


@pytest.mark.parametrize("outcome", ["failed", "not_checked"])
def test_a_run_publishes_only_what_its_gate_passed(
    outcome: Outcome, data_dir: Path, serving: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    build_gold(config.warehouse_path())
    run = Run("run", Output(as_json=False), run_id="run_1", checks=[check(outcome)])
    run.publish()
    assert [(step.name, step.status) for step in run.steps] == [("publish", "skipped")]
    assert "what was served stays" in capsys.readouterr().err
    assert serving.current is None


def test_a_run_that_cannot_publish_has_failed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageError("the snapshot cannot be written")

    monkeypatch.setattr(Serving, "publish", full)
    run = Run("run", Output(as_json=False), run_id="run_1", checks=[check("passed")])
    run.publish()
    report = run.report()
    assert (report.status, report.steps[0].status) == ("failed", "failed")
    assert report.error.startswith("[STG001]")


def test_a_run_that_failed_before_the_gate_publishes_nothing(data_dir: Path) -> None:
    run = Run("run", Output(as_json=False), errors=[StorageError("broken")])
    run.publish()
    assert [(step.status, step.detail) for step in run.steps] == [
        ("skipped", "a step before it failed")
    ]
