from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.main import get_command

from dlt_pipelines.control.warehouse import exclusive
from scripts.cli import payments_pipeline

KEY = "sk_test_0123456789abcdef"
Pipeline = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Pipeline:
    """Runs the command as a shell would: exit code, log lines, standard error."""

    def call(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        monkeypatch.setattr(sys, "argv", ["payments-pipeline", *arguments])
        with pytest.raises(SystemExit) as stop:
            payments_pipeline.main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), [json.loads(line) for line in out.splitlines()], err

    return call


def test_it_has_the_commands_that_its_runbook_names() -> None:
    group: Any = get_command(payments_pipeline.app)
    assert set(group.commands) == {
        "run-batch",
        "run-all",
        "run-transforms",
        "run-quality",
        "run-pipeline",
    }
    for command in group.commands.values():
        assert "Example: payments-pipeline" in command.help
        assert "run_id" in {parameter.name for parameter in command.params}


FUTURE = f"{datetime.now(UTC).year + 1}0101T000000Z"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nonsense", "nonsense"),
        ("run-batch", "--entity"),
        ("run-batch --entity ghosts", "unknown entity ghosts"),
        ("run-batch --entity projects", "unknown entity projects"),
        ("run-all --days 0", "--days"),
        ("run-all --days many", "--days"),
        ("run-all --run-id daily", "'daily' is no run id"),
        ("run-quality --run-id 20261120T060000Z-../x", "is no run id"),
        (f"run-transforms --run-id {FUTURE}", "lies in the future"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_no_log_line(
    arguments: str,
    message: str,
    pipeline: Pipeline,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    code, lines, err = pipeline(*arguments.split())
    assert (code, lines) == (2, [])
    assert message in re.sub(r"\x1b\[[0-9;]*m", "", err)
    assert not data_dir.exists()


def only_error(answer: tuple[int, list[dict[str, Any]], str]) -> str:
    code, (line,), err = answer
    assert (code, err, line["level"], line["logger"]) == (1, "", "ERROR", "hallmark")
    return str(line["event"])


@pytest.mark.parametrize("command", ["run-all", "run-transforms", "run-quality", "run-pipeline"])
def test_aws_without_a_bucket_ends_before_anything_is_done(
    command: str, pipeline: Pipeline, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_ENV", "AWS")
    event = only_error(pipeline(command))
    assert event.startswith("[CFG001] S3_BUCKET is required when PIPELINE_ENV=AWS")
    assert not data_dir.exists()


def test_a_wrong_log_level_is_told_in_the_log(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    assert "LOG_LEVEL must be one of DEBUG, INFO" in only_error(pipeline("run-quality"))


@pytest.mark.parametrize("command", ["run-all", "run-pipeline", "run-batch --entity charges"])
def test_a_dead_bundled_api_is_told_before_a_run_begins(
    command: str, pipeline: Pipeline, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SOURCES__PAYMENTS__API_KEY", KEY)
    event = only_error(pipeline(*command.split()))
    assert event.startswith("[EXT001] Mock API not healthy")
    assert KEY not in event
    assert not data_dir.exists()


def test_transforms_need_a_warehouse(pipeline: Pipeline) -> None:
    event = only_error(pipeline("run-transforms"))
    assert event.startswith("[CFG001] duckdb is required for transforms: there is no warehouse yet")
    assert "payments-pipeline run-all" in event


def test_transforms_need_a_warehouse_that_opens(pipeline: Pipeline, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "warehouse.duckdb").write_bytes(b"damaged" * 2000)
    event = only_error(pipeline("run-transforms"))
    assert event.startswith("[STG001] duckdb is required for transforms")


def test_transforms_need_duckdb(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    event = only_error(pipeline("run-transforms"))
    assert event == "[CFG001] duckdb is required for transforms: `make setup` installs it"


def test_a_warehouse_that_another_process_holds_is_lock001(
    pipeline: Pipeline, data_dir: Path
) -> None:
    data_dir.mkdir()
    with duckdb.connect(str(data_dir / "warehouse.duckdb")):
        pass
    with exclusive(data_dir / "_state"):
        assert only_error(pipeline("run-quality")).startswith("[LOCK001]")
