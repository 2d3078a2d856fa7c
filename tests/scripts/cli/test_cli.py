from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from contracts.contract import LAYERS
from contracts.registry.shapes.words import Layer
from dlt_pipelines import config
from dlt_pipelines.control import freeze, runs
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.settings import SETTINGS
from scripts.cli import hallmark as cli
from scripts.cli.options import LayerName

COMMANDS = [
    "run",
    "load",
    "sweep",
    "plan",
    "build",
    "quality",
    "slim",
    "docs",
    "report",
    "status",
    "config",
    "mock",
    "mock serve",
    "contracts",
    "contracts check",
    "contracts diff",
    "contracts lint",
    "contracts publish",
    "contracts subscribe",
    "state",
    "state list",
    "state show",
    "state diff",
    "state rewind",
    "contracts accept-drift",
    "freeze",
    "freeze list",
    "freeze lift",
    "quarantine",
    "quarantine list",
    "quarantine show",
    "quarantine replay",
    "quarantine discard",
    "replay",
    "manifests",
    "manifests list",
    "manifests archive",
    "snapshot",
    "snapshot list",
    "snapshot publish",
    "snapshot rollback",
    "registry",
    "registry serve",
    "registry migrate",
    "registry token",
]
Captured = pytest.CaptureFixture[str]
GROUPS = ("mock", "contracts", "state", "freeze", "quarantine", "manifests", "snapshot", "registry")


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A command may set signal handlers; the tests keep theirs."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_every_command_is_listed_here() -> None:
    group: Any = get_command(cli.app)
    nested = [f"{name} {inner}" for name in GROUPS for inner in group.commands[name].commands]
    assert {*group.commands, *nested} == set(COMMANDS)


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, option: str) -> None:
    result = CliRunner().invoke(cli.app, [*command.split(), option])
    assert result.exit_code == 0
    assert f"Usage: root {command}" in plain(result.output)


def test_the_help_lists_every_command() -> None:
    shown = plain(CliRunner().invoke(cli.app, ["--help"]).output)
    assert all(re.search(rf"\b{command.split()[0]}\b", shown) for command in COMMANDS)


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(cli.app, ["--version"])
    assert (result.exit_code, result.output) == (0, "hallmark 0.1.0\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nonsense", "nonsense"),
        ("run --sideways", "--sideways"),
        ("run --source ghosts", "ghosts"),
        ("run --days 0", "--days"),
        ("run --days many", "--days"),
        ("run --advance 1", "--advance"),
        ("run --demo --advance -1", "--advance"),
        ("load", "Missing argument"),
        ("load ghosts", "ghosts"),
        ("load payments --days 0", "--days"),
        ("load payments --entity ghosts", "unknown entity ghosts; known: events, customers"),
        ("load payments --entity projects", "unknown entity projects"),
        ("load payments zephyr --entity charges", "no --entity of zephyr"),
        ("load payments --workers 0", "--workers"),
        ("load payments --from yesterday", "'yesterday' is no date"),
        ("load payments --from 2026-02-01 --to 2026-01-01", "--from must be before --to"),
        ("load payments --from 2999-01-01", "must not be in the future"),
        ("load payments --from 2026-01-01 --to 2999-01-01", "must not be in the future"),
        ("load payments --from 2026-01-01 --window-days 0", "--window-days"),
        ("load payments --from 2026-01-01 --days 7", "--days reads from the present back"),
        ("load payments --from 2026-01-01 --entity events", "a backfill reads no events"),
        ("load payments --to 2026-01-01", "belong to a load --from a date"),
        ("load payments --window-days 7", "belong to a load --from a date"),
        ("load zephyr --from 2026-01-01", "zephyr has no filter by time"),
        ("load payments zephyr --from 2026-01-01", "a backfill is of one source"),
        ("sweep payments --entity ghosts", "unknown entity ghosts"),
        ("plan ghosts", "ghosts"),
        ("plan payments --entity ghosts", "unknown entity ghosts"),
        ("status now", "now"),
        ("mock serve --port 65535", "--port"),
        ("mock serve --scale 0", "--scale"),
        ("mock serve --source ghosts", "ghosts"),
        ("mock nonsense", "nonsense"),
        ("state list ghosts", "ghosts"),
        ("state show", "Missing argument"),
        ("state diff payments", "--from"),
        ("state rewind payments", "--to"),
        ("state rewind payments --to run_1 --entity ghosts", "unknown entity ghosts"),
        ("manifests archive", "--older-than"),
        ("manifests archive --older-than 90", "'90' is no age"),
        ("manifests archive --older-than 0d", "'0d' is no age"),
        ("manifests archive --older-than -1d", "'-1d' is no age"),
        ("manifests archive --older-than 1.5d", "'1.5d' is no age"),
        ("manifests archive --older-than 90D", "'90D' is no age"),
        ("manifests archive --older-than ٩d", "'٩d' is no age"),
        ("manifests archive --older-than 999999d", "'999999d' is no age"),
        ("snapshot publish --keep 0", "--keep"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_is_wrong(
    arguments: str, message: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    result = CliRunner().invoke(cli.app, arguments.split())
    assert result.exit_code == 2
    assert message in plain(result.stderr)
    assert result.stdout == ""
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run", "SOURCES__PAYMENTS__BASE_URL is not set"),
        ("run --source zephyr", "SOURCES__ZEPHYR__BASE_URL is not set"),
        ("load payments", "SOURCES__PAYMENTS__BASE_URL is not set"),
        ("load payments --from 2026-01-01", "SOURCES__PAYMENTS__BASE_URL is not set"),
        ("load payments --dry-run", "SOURCES__PAYMENTS__BASE_URL is not set"),
        ("sweep zephyr", "SOURCES__ZEPHYR__BASE_URL is not set"),
        ("plan zephyr", "SOURCES__ZEPHYR__BASE_URL is not set"),
        ("build", "there is no warehouse yet"),
        ("quality", "there is no warehouse yet"),
        ("slim", "there is no warehouse yet"),
        ("docs", "there is no warehouse yet"),
        ("report", "no run has left a report yet"),
        ("report --run-id run_1", "no such run has left a report"),
        ("state list", "there is no warehouse yet"),
        ("state rewind payments --to run_1", "there is no warehouse yet"),
        ("snapshot publish", "there is no warehouse yet"),
        ("snapshot rollback", "there is no such snapshot"),
    ],
)
def test_a_handled_failure_is_exit_code_1_with_its_code(
    arguments: str, message: str, hallmark: Any
) -> None:
    code, out, err = hallmark(*arguments.split())
    assert (code, out) == (1, "")
    assert err.startswith("[CFG001] ")
    assert message in err
    assert err.count("\n") == 1
    code, out, err = hallmark(*arguments.split(), "--json")
    assert code == 1
    assert err.startswith("[CFG001] ")
    error = json.loads(out)["error"]
    assert error.keys() == {"code", "message", "context"}
    assert error["code"] == "CFG001"
    assert message in error["message"]


def test_a_secret_is_asked_for_by_its_name(hallmark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__ZEPHYR__BASE_URL", "https://zephyr.example")
    code, _, err = hallmark("load", "zephyr")
    assert code == 1
    assert "SOURCES__ZEPHYR__TOKEN is not set" in err
    assert ".dlt/secrets.toml" in err


def test_a_data_folder_that_cannot_be_made_is_a_handled_failure(
    hallmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LOCAL_DATA_DIR", str(tmp_path / "file" / "data"))
    code, _, err = hallmark("build")
    assert code == 1
    assert err.startswith("[STG001] ")


def test_a_port_that_is_taken_is_a_handled_failure(hallmark: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = hallmark("mock", "serve", "--source", "payments", "--port", str(port))
    assert code == 1
    assert err.startswith("[CFG001] ")
    assert str(port) in err


def test_ctrl_c_is_exit_code_130(hallmark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupt)
    assert hallmark("status")[0] == 130


def test_status_of_nothing_is_empty(hallmark: Any, data_dir: Path) -> None:
    assert hallmark("status")[:2] == (
        0,
        "Nothing was loaded yet: start with `hallmark run --demo`.\n",
    )
    code, out, _ = hallmark("status", "--json")
    assert code == 0
    assert json.loads(out) == {
        **{section: [] for section in ("gate", "loads", "cursors", "frozen")},
        "served": None,
    }
    assert not data_dir.exists()


def test_status_tells_a_run_that_failed_before_anything_was_loaded(hallmark: Any) -> None:
    warehouse = config.warehouse_path()
    runs.start(warehouse, run_id="run_1", source="zephyr", command="load", pii_key="key")
    runs.finish(warehouse, run_id="run_1", source="zephyr", error="[AUTH001] no entry")
    code, out, _ = hallmark("status", "--json")
    assert code == 0
    (run,) = json.loads(out)["loads"]
    assert (run["run_id"], run["status"], run["error"]) == ("run_1", "failed", "[AUTH001] no entry")
    assert "[AUTH001] no entry" in hallmark("status")[1]


def test_status_tells_what_is_frozen(hallmark: Any) -> None:
    now = datetime(2026, 11, 20, 3, tzinfo=UTC)
    about = {"source": "payments", "entity": "charges", "run_id": "run_1", "reason": "amount"}
    with connect(config.warehouse_path()) as connection:
        freeze.freeze(connection, freeze.Freeze(**about, frozen_at=now, contract_version="1.0.0"))
    assert "nothing is built on payments: `hallmark quarantine list" in hallmark("status")[1]
    (frozen,) = json.loads(hallmark("status", "--json")[1])["frozen"]
    assert {name: frozen[name] for name in about} == about

    with connect(config.warehouse_path()) as connection:
        freeze.lift(connection, source="payments", lifted_by="fit", reason="they fit", at=now)
    assert json.loads(hallmark("status", "--json")[1])["frozen"] == []


def test_config_shows_every_setting_and_no_secret(
    hallmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {each.name: f"secret-{each.name}" for each in SETTINGS if each.secret}
    for name, secret in secrets.items():
        monkeypatch.setenv(name, secret)
    code, out, _ = hallmark("config", "--json")
    assert code == 0
    shown = {each["name"]: each for each in json.loads(out)}
    assert shown.keys() == {each.name for each in SETTINGS}
    assert {shown[name]["value"] for name in secrets} == {"***"}
    table = hallmark("config")[1]
    assert all(name in table for name in shown)
    assert not any(secret in out + table for secret in secrets.values())


@pytest.mark.parametrize("names", [LayerName, Layer], ids=["command", "registry"])
def test_a_choice_of_layers_is_between_all_of_them(names: type[StrEnum]) -> None:
    assert tuple(names) == LAYERS


def test_the_help_does_not_wait_for_the_libraries() -> None:
    script = (
        "import sys; import scripts.cli.hallmark;"
        "print(*{'dlt', 'duckdb', 'pyarrow', 'great_expectations'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert (done.returncode, done.stdout) == (0, "\n")


def test_a_contract_that_asks_for_more_is_incompatible_and_says_why(
    hallmark: Any, tmp_path: Path
) -> None:
    shipped = config.PROJECT_ROOT / "contracts" / "payments" / "refunds.yaml"
    stricter = tmp_path / "refunds.yaml"
    text = shipped.read_text("utf-8")
    field = "      - name: reason\n"
    assert field in text
    stricter.write_text(text.replace(field, field + "        required: true\n"), "utf-8")

    code, out, _ = hallmark("contracts", "diff", str(shipped), str(stricter))
    assert code == 1
    assert "reason" in out
    assert "compatibility: forward" in out
    code, out, _ = hallmark("contracts", "diff", str(shipped), str(shipped), "--json")
    assert (code, json.loads(out)) == (0, {"classification": "both", "findings": []})
