"""Plans: what a load would meet, and that nothing at all is written."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.odcs import load_source as contract
from dlt_pipelines import config
from scripts.cli.hallmark import main
from tests.e2e.conftest import KEY, Apis, Load, query
from tests.e2e.proxy import Answer, proxy_to

Hallmark = Callable[..., tuple[int, Any]]
OF_TOOLS = {".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis"}


@pytest.fixture
def hallmark(
    apis: Apis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hallmark:
    """Runs a command with `--json`: its exit code and what it says of each entity."""
    for source, secret in (("payments", "API_KEY"), ("zephyr", "TOKEN")):
        monkeypatch.setenv(f"SOURCES__{source.upper()}__BASE_URL", apis.urls[source])
        monkeypatch.setenv(f"SOURCES__{source.upper()}__{secret}", KEY)

    def call(*arguments: str) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["hallmark", *arguments, "--json"])
        with pytest.raises(SystemExit) as stop:
            main()
        result = json.loads(capsys.readouterr().out)
        return int(stop.value.code or 0), {each["entity"]: each for each in result["entities"]}

    return call


def tree(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder, but for what tools leave."""
    files = (
        each
        for each in folder.rglob("*")
        if each.is_file() and not OF_TOOLS & set(each.relative_to(folder).parts)
    )
    return {str(each): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


@pytest.mark.parametrize("arguments", [("plan",), ("load", "--dry-run")], ids=" ".join)
def test_on_a_machine_without_data_a_plan_leaves_none(
    arguments: tuple[str, ...], hallmark: Hallmark, data_dir: Path
) -> None:
    before = tree(config.PROJECT_ROOT)
    code, plans = hallmark(arguments[0], "payments", "zephyr", *arguments[1:])

    assert not data_dir.exists()
    assert tree(config.PROJECT_ROOT) == before
    assert code == 0
    assert list(plans) == [
        each for source in ("payments", "zephyr") for each in contract(source).entities
    ]
    assert {each["verdict"] for each in plans.values()} == {"none"}
    assert all(each["sampled"] and not each["quarantined"] for each in plans.values())
    assert "rpt_daily_revenue" in plans["charges"]["downstream"]["models"]
    assert plans["charges"]["since"] is plans["charges"]["until"] is None


def test_a_plan_tells_the_windows_that_the_next_load_asks_for_and_changes_nothing(
    apis: Apis, hallmark: Hallmark, data_dir: Path, load_source: Load
) -> None:
    load_source("payments", apis.connection("payments"))
    apis.advance(1)
    before = tree(data_dir)
    code, plans = hallmark("plan", "payments")

    assert (code, tree(data_dir)) == (0, before)
    ledger = load_source("payments", apis.connection("payments"))
    for entity, each in plans.items():
        asked = json.loads(window_of(data_dir, entity, ledger[entity].run_id))
        assert query(data_dir, f"select to_timestamp({asked['since']})::varchar") == query(
            data_dir, f"select '{each['since']}'::timestamptz::varchar"
        )
        expected = each["expected"]
        if expected["certainty"] != "about":
            assert ledger[entity].requests >= expected["requests"]
            assert ledger[entity].received >= expected["rows"]
    exact = [each for each, one in plans.items() if one["expected"]["certainty"] == "exactly"]
    assert all(ledger[each].received == plans[each]["expected"]["rows"] for each in exact)


def window_of(data_dir: Path, entity: str, run_id: str) -> str:
    folder = data_dir / "bronze" / "source=payments" / f"entity={entity}"
    (found,) = folder.glob(f"dt=*/run_id={run_id}/_window.json")
    return found.read_text()


def test_a_dry_run_of_a_backfill_tells_its_stretch(hallmark: Hallmark, data_dir: Path) -> None:
    stretch = ["--from", "2026-03-02", "--to", "2026-03-16"]
    code, plans = hallmark("load", "payments", *stretch, "--entity", "charges", "--dry-run")

    assert (code, list(plans)) == (0, ["charges"])
    assert plans["charges"]["since"] == "2026-03-02T00:00:00Z"
    assert plans["charges"]["until"] == "2026-03-16T00:00:00Z"
    assert not data_dir.exists()


def test_a_sample_that_breaks_its_contract_is_exit_code_1(
    apis: Apis, hallmark: Hallmark, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    row = {"id": "po_1", "created": "soon", "amount": 1, "currency": "usd", "surprise": 1}

    def answer(path: str) -> Answer | None:
        body = json.dumps({"object": "list", "data": [row], "has_more": False}).encode()
        return (200, "application/json", body) if path.startswith("/v1/payouts") else None

    with proxy_to(apis.urls["payments"]) as proxy:
        proxy.fault = answer
        monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", proxy.url)
        code, plans = hallmark("plan", "payments", "--entity", "payouts")

    assert code == 1
    assert (plans["payouts"]["verdict"], plans["payouts"]["quarantined"]) == ("breaking", 1)
    found = {(each["field"], each["verdict"]) for each in plans["payouts"]["drift"]}
    assert found == {("created", "breaking"), ("surprise", "compatible")}
    assert plans["events"]["verdict"] == "none"
    assert not data_dir.exists()


def test_an_entity_that_the_server_lacks_is_said_and_breaks_nothing(
    apis: Apis, hallmark: Hallmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(path: str) -> Answer | None:
        if path.startswith("/v1/payouts"):
            return 404, "application/json", b"{}"
        return (400, "application/json", b"{}") if "created" in path else None

    with proxy_to(apis.urls["payments"]) as proxy:
        proxy.fault = answer
        monkeypatch.setenv("SOURCES__PAYMENTS__BASE_URL", proxy.url)
        code, plans = hallmark("plan", "payments", "--entity", "payouts", "--days", "5")

    assert code == 0
    assert plans["payouts"]["expected"] is None
    assert plans["payouts"]["note"] == "the server does not have it"
    assert plans["events"]["note"] == "the server refuses the created filter"
    assert plans["events"]["expected"]["certainty"] == "at least"
