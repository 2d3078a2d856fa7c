"""Rows that do not fit: listed, shown, loaded once their contract fits them, or discarded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts import odcs
from contracts.odcs import Source
from dlt_pipelines import config
from dlt_pipelines.loading import pipelines
from scripts.sources import Connection
from tests.e2e.conftest import KEY, Apis, Hallmark, Load, query
from tests.e2e.proxy import Answer, proxy_to

EMAIL = "kim@example.com"


@pytest.fixture
def bad_api(apis: Apis) -> Iterator[Connection]:
    """An API that lists its newest charge without a currency."""
    newest: list[str] = []

    def without_currency(path: str) -> Answer | None:
        if "/v1/charges?" not in path:
            return None
        url = apis.urls["payments"] + path
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            page = json.load(answer)
        newest[:] = newest or [page["data"][0]["id"]]
        for row in page["data"]:
            if row["id"] == newest[0]:
                row.update(currency=None, description=EMAIL)
        return 200, "application/json", json.dumps(page).encode()

    with proxy_to(apis.urls["payments"]) as proxy:
        proxy.fault = without_currency
        yield Connection(proxy.url, KEY)


def lenient(name: str) -> Source:
    """The contract, changed so that a charge may come without a currency."""
    source = odcs.load_source(name)
    if name != "payments":
        return source
    charges = source.entities["charges"]
    fields = tuple(
        msgspec.structs.replace(field, required=field.required and field.name != "currency")
        for field in charges.fields
    )
    changed = msgspec.structs.replace(charges, fields=fields, version="9.0.0")
    return msgspec.structs.replace(source, entities={**source.entities, "charges": changed})


@pytest.fixture
def changed_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "load_source", lenient)


def charges(data_dir: Path) -> list[Any]:
    return query(data_dir, "select id, _payload_sha256, _extracted_at from raw_payments.charges")


def test_a_row_that_does_not_fit_is_listed_once_however_often_it_comes(
    bad_api: Connection, hallmark: Hallmark, load_source: Load
) -> None:
    for _ in range(2):
        assert load_source("payments", bad_api, days=10_000)["charges"].quarantined == 1
    (row,) = hallmark("quarantine", "list", "payments", "--entity", "charges")["payments"]
    assert (row["status"], row["times_seen"], row["json_path"]) == ("open", 2, "$.currency")
    assert (row["expected"], row["found"]) == ("str", "null")
    assert row["key"].startswith("ch_")
    assert row["first_seen"] < row["last_seen"]


def test_a_row_is_shown_without_its_values_unless_they_are_asked_for(
    bad_api: Connection, hallmark: Hallmark, load_source: Load
) -> None:
    load_source("payments", bad_api)
    (row,) = hallmark("quarantine", "list", "payments")["payments"]
    shown = hallmark("quarantine", "show", "payments", row["row_id"][:6])["row"]
    assert (shown["id"], shown["amount"], shown["currency"]) == ("…", "#", None)
    assert EMAIL not in json.dumps(shown)
    shown = hallmark("quarantine", "show", "payments", row["row_id"], "--reveal")["row"]
    assert shown["description"] == EMAIL


def test_a_replay_before_the_contract_fits_says_why_and_loads_nothing(
    bad_api: Connection, data_dir: Path, hallmark: Hallmark, load_source: Load
) -> None:
    load_source("payments", bad_api)
    before = charges(data_dir)
    done = hallmark("quarantine", "replay", "payments")
    (row,) = hallmark("quarantine", "list", "payments", "--status", "open")["payments"]
    assert [each["row_id"] for each in done["unfit"]] == [row["row_id"]]
    assert row["times_seen"] == 1
    assert charges(data_dir) == before


@pytest.mark.usefixtures("changed_contract")
def test_a_row_that_fits_by_now_comes_into_raw_exactly_once(
    bad_api: Connection,
    data_dir: Path,
    hallmark: Hallmark,
    load_source: Load,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pipelines, "load_source", odcs.load_source)
        load_source("payments", bad_api)
    before = charges(data_dir)
    cursors = hallmark("state", "show", "payments")
    (row,) = hallmark("quarantine", "list", "payments")["payments"]

    rehearsed = hallmark("quarantine", "replay", "payments", "--dry-run")
    assert (rehearsed["run_id"], rehearsed["ledger"][0]["loaded"]) == (None, 1)
    assert charges(data_dir) == before

    done = hallmark("quarantine", "replay", "payments", "--id", row["row_id"][:8])
    assert [each["loaded"] for each in done["ledger"]] == [1]
    ((added, _, at),) = set(charges(data_dir)) - set(before)
    assert len(charges(data_dir)) == len(before) + 1
    assert (added, at.isoformat()[:19]) == (row["key"], row["last_seen"][:19])
    ran = f"select command, status from control.runs where run_id = '{done['run_id']}'"
    assert query(data_dir, ran) == [("quarantine replay", "succeeded")]
    assert hallmark("state", "show", "payments") == cursors

    assert hallmark("quarantine", "replay", "payments")["run_id"] is None
    (row,) = hallmark("quarantine", "list", "payments", "--status", "replayed")["payments"]
    assert load_source("payments", bad_api, days=10_000)["charges"].loaded == 0
    assert len(charges(data_dir)) == len(before) + 1


def test_a_discarded_row_is_not_open_when_it_comes_again(
    bad_api: Connection, data_dir: Path, hallmark: Hallmark, load_source: Load
) -> None:
    load_source("payments", bad_api)
    (row,) = hallmark("quarantine", "list", "payments")["payments"]
    discard = ("quarantine", "discard", "payments", row["row_id"][:8], "--reason", "a test")
    run_id = hallmark(*discard)["run_id"]
    assert hallmark(*discard) == "CFG001"
    load_source("payments", bad_api, days=10_000)
    (row,) = hallmark("quarantine", "list", "payments")["payments"]
    assert (row["status"], row["times_seen"]) == ("discarded", 2)
    taken = "select action, reason, run_id, actor <> '' from raw_payments._quarantine_actions"
    assert query(data_dir, taken) == [("discarded", "a test", run_id, True)]


@pytest.mark.parametrize("id_", ["zzz", "", "tok_"])
def test_an_id_that_names_no_row_is_cfg001(
    id_: str, bad_api: Connection, hallmark: Hallmark, load_source: Load
) -> None:
    load_source("payments", bad_api)
    assert hallmark("quarantine", "show", "payments", id_) == "CFG001"


def test_a_damaged_page_is_stg001_and_nothing_is_loaded(
    bad_api: Connection, data_dir: Path, hallmark: Hallmark, load_source: Load
) -> None:
    load_source("payments", bad_api)
    before = charges(data_dir)
    (row,) = hallmark("quarantine", "list", "payments")["payments"]
    part = Path(row["landing_file"])
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    assert hallmark("quarantine", "replay", "payments") == "STG001"
    assert hallmark("quarantine", "show", "payments", row["row_id"]) == "STG001"
    assert charges(data_dir) == before


REPLAY = """
from dlt_pipelines.loading import pipelines
from scripts.cli.hallmark import main
from tests.e2e.test_quarantine import lenient
import sys

pipelines.load_source = lenient
sys.argv = ["hallmark", "quarantine", "replay", "payments"]
main()
"""
PHASES = {
    "extract": "dlt/pipelines/payments/normalize/extracted/*",
    "load": "dlt/pipelines/payments/load/normalized/*/started_jobs/*",
    "loaded": "dlt/pipelines/payments/load/normalized/*/completed_jobs/*",
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_replay_killed_at_any_phase_is_done_once_by_the_next(
    phase: str, bad_api: Connection, data_dir: Path, load_source: Load, hallmark: Hallmark
) -> None:
    load_source("payments", bad_api)
    before = charges(data_dir)
    child = subprocess.Popen(
        [sys.executable, "-c", REPLAY],
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=config.PROJECT_ROOT,
    )
    while child.poll() is None and not any(data_dir.glob(PHASES[phase])):
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    assert child.wait() in (0, -signal.SIGKILL)  # it may have come to its end just before

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipelines, "load_source", lenient)
        hallmark("quarantine", "replay", "payments")
    assert len(charges(data_dir)) == len(before) + 1
    (row,) = hallmark("quarantine", "list", "payments")["payments"]
    assert row["status"] == "replayed"
