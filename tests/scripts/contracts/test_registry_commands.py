"""`hallmark registry`: served, brought up to date, and its tokens, as a shell sees them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from dlt_pipelines.signals.logs import LOGGER

V1 = "/data-contract-registry/v1"


def test_the_tables_are_brought_up_to_date(hallmark: Any, data_dir: Path) -> None:
    code, out, _ = hallmark("registry", "migrate", "--json")
    assert code == 0 and json.loads(out)["before"] is None
    assert (data_dir / "registry.sqlite").exists()
    code, out, _ = hallmark("registry", "migrate")
    assert code == 0 and "up to date" in out


def test_a_token_is_shown_once_listed_and_revoked(hallmark: Any) -> None:
    code, out, _ = hallmark("registry", "token", "list")
    assert code == 0 and "no token" in out
    arguments = ("--role", "producer", "--name", "ci", "--layer", "gold", "--expires-in-days", "30")
    code, out, err = hallmark("registry", "token", "create", *arguments)
    secret = out.strip()
    assert code == 0 and secret.startswith("hmk_") and "shown this once" in err
    code, out, _ = hallmark("registry", "token", "list", "--json")
    (listed,) = json.loads(out)
    assert (listed["name"], listed["role"], listed["state"]) == ("ci", "producer", "valid")
    assert listed["layers"] == ["gold"] and listed["expires_at"] and secret not in out
    code, out, _ = hallmark("registry", "token", "revoke", listed["token_id"])
    assert code == 0 and "revoked" in out
    code, out, _ = hallmark("registry", "token", "list")
    assert "revoked" in out
    code, _, err = hallmark("registry", "token", "revoke", listed["token_id"])
    assert code == 1 and err.startswith("[STATE001]")


def test_a_token_for_an_unknown_dataset_is_refused(hallmark: Any) -> None:
    code, out, err = hallmark(
        "registry", "token", "create", "--role", "consumer", "--dataset", "a/b"
    )
    assert code == 1 and not out and "there is no dataset 'a/b'" in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("migrate", "--database-url", "mysql://x/y"), "CFG001"),
        (("migrate", "--database-url", "postgresql://127.0.0.1:9/x"), "STG001"),
        (("migrate", "--database-url", "sqlite:////proc/none/x.sqlite"), "STG001"),
        (("serve", "--host", "0.0.0.0"), "CFG001"),
        (("serve", "--host", "192.0.2.1"), "CFG001"),
    ],
    ids=["other-database", "no-server", "no-folder", "open-to-all", "not-here"],
)
def test_what_cannot_be_done_says_why(hallmark: Any, arguments: tuple[str, ...], code: str) -> None:
    status, out, err = hallmark("registry", *arguments)
    assert status == 1 and not out and f"[{code}]" in err


def test_a_registry_that_does_not_start_leaves_no_log_behind(hallmark: Any) -> None:
    """Its lines would go on to a stream that whoever called the command has closed."""
    before = list(logging.getLogger(LOGGER).handlers)
    status, _, _ = hallmark("registry", "serve", "--host", "192.0.2.1")
    assert status == 1
    assert logging.getLogger(LOGGER).handlers == before


def test_a_damaged_store_is_told_with_what_to_do(hallmark: Any, data_dir: Path) -> None:
    assert hallmark("registry", "migrate")[0] == 0
    store = data_dir / "registry.sqlite"
    header, rest = store.read_bytes()[:100], store.stat().st_size - 100
    store.write_bytes(header + b"\x5a" * rest)
    status, out, err = hallmark("registry", "token", "list")
    assert (status, out) == (1, "")
    assert "[STG001] the store is damaged: put the last backup in its place" in err


@pytest.mark.parametrize("network", ["10.0.0.0/99", "example.com"])
def test_a_network_that_is_none_is_refused(
    hallmark: Any, monkeypatch: pytest.MonkeyPatch, network: str
) -> None:
    monkeypatch.setenv("REGISTRY__CALLBACK_NETWORKS", network)
    status, _, err = hallmark("registry", "serve")
    assert status == 1 and "[CFG001] REGISTRY__CALLBACK_NETWORKS" in err


@contextmanager
def served(data_dir: Path, *arguments: str, **environment: str) -> Iterator[Any]:
    """A server, its address and what it said first."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "scripts.cli.hallmark",
            "registry",
            "serve",
            "--port",
            "0",
            *arguments,
        ],
        env={**os.environ, "LOCAL_DATA_DIR": str(data_dir), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = []
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if "contract registry: " in line:
                break
        try:
            yield process, said[-1].split()[2].rstrip(","), "".join(said)
        finally:
            process.terminate()
            process.wait(timeout=60)


def test_it_serves_logs_and_stops(data_dir: Path) -> None:
    with served(data_dir, REGISTRY__TRACES_EXPORTER="console") as (process, address, said):
        assert "no token yet" in said and str(data_dir / "registry.sqlite") in said
        body = {"namespace": "n", "name": "x", "owner": "o"}
        headers = {"X-Correlation-Id": "served-1"}
        answer = requests.post(f"{address}{V1}/datasets", json=body, headers=headers, timeout=60)
        assert answer.status_code == 201
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    lines = [json.loads(line) for line in out.splitlines() if line.startswith('{"timestamp"')]
    (line,) = [each for each in lines if each["event"] == "dcr.dataset.created"]
    assert line["correlation_id"] == "served-1"
    assert '"hallmark.correlation_id": "served-1"' in out  # the span
    assert '"name": "POST /datasets"' in out


def test_a_secret_of_the_store_is_in_no_error(hallmark: Any) -> None:
    url = "postgresql://user:hunter2@127.0.0.1:9/x"
    status, out, err = hallmark("registry", "migrate", "--database-url", url)
    assert status == 1 and "hunter2" not in out + err
