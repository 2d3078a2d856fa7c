"""Each fault scenario of HTTP that the bundled APIs know: the coded error, or the recovery."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.errors import (
    AuthenticationError,
    ExtractionError,
    HallmarkError,
    PaginationError,
    RetryError,
)
from dlt_pipelines.loading import breaker
from scripts.mock_api.serve import subprocesses
from tests.e2e.conftest import KEY, WORLD, Apis, Load, query

ENTITIES = {
    "payments": ("customers", "charges", "refunds"),
    "zephyr": ("projects", "releases", "cycles"),
}
STRUCK = {"payments": "refunds", "zephyr": "cycle"}
SOURCES = tuple(ENTITIES)


@dataclass
class Faulty(Apis):
    def add(self, source: str, scenario: str, **values: Any) -> None:
        """A fault of the source's last entity, so that it strikes half-way through a load."""
        spec = {"scenario": scenario, "entity": STRUCK[source], **values}
        self._ask(source, "POST", spec)

    def struck(self, source: str) -> int:
        """How many requests of the source were struck since the faults were cleared."""
        return sum(fault["struck"] for fault in self._ask(source, "GET")["faults"])

    def clear(self) -> None:
        for source in SOURCES:
            self._ask(source, "DELETE")

    def _ask(self, source: str, method: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.urls[source]}/_control/faults"
        request = urllib.request.Request(url, data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def servers() -> Iterator[Faulty]:
    with subprocesses(WORLD, key=KEY) as urls:
        yield Faulty(urls)


@pytest.fixture
def faulty(servers: Faulty, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "5")
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 0.1)  # a page that hangs in each size opens it
    yield servers
    servers.clear()


def load(load_source: Load, faulty: Faulty, source: str) -> Any:
    return load_source(source, faulty.connection(source), entities=ENTITIES[source])


def assert_complete(faulty: Faulty, data_dir: Path, source: str) -> None:
    """Every object once, since this world has not moved."""
    truth = faulty.truth(source)
    for entity in ENTITIES[source]:
        rows = query(data_dir, f"select count(*), count(distinct id) from raw_{source}.{entity}")
        assert (entity, rows) == (entity, [(truth[entity]["count"],) * 2])


def snapshot(data_dir: Path, source: str) -> list[Any]:
    """What a failed load must leave alone: rows, cursors and dlt's state."""
    counts = [
        query(data_dir, f"select '{entity}', count(*) from raw_{source}.{entity}")
        for entity in ENTITIES[source]
    ]
    loads = query(data_dir, f"select load_id, status from raw_{source}._dlt_loads order by 1")
    state = query(data_dir, f"select version_hash from raw_{source}._dlt_pipeline_state order by 1")
    return [counts, loads, state]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("scenario", "values", "requests"),
    [
        ("rate_limit", {"times": 2}, 2),
        ("rate_limit_retry_after", {"seconds": 1}, 1),
        ("server_error", {"times": 2}, 2),
        ("reset", {"times": 2}, 2),
        ("cut_off", {}, 1),
        ("slow", {"seconds": 0.5}, 1),
    ],
)
def test_a_passing_fault_is_recovered_from_in_the_same_load(
    source: str,
    scenario: str,
    values: dict[str, Any],
    requests: int,
    faulty: Faulty,
    data_dir: Path,
    load_source: Load,
) -> None:
    faulty.add(source, scenario, **values)
    load(load_source, faulty, source)
    assert faulty.struck(source) == requests
    assert_complete(faulty, data_dir, source)


@pytest.mark.parametrize("source", SOURCES)
def test_a_page_that_hangs_is_asked_for_in_smaller_pieces(
    source: str, faulty: Faulty, data_dir: Path, load_source: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "1")
    faulty.add(source, "hang", times=2)
    load(load_source, faulty, source)
    assert faulty.struck(source) == 2
    assert_complete(faulty, data_dir, source)


ERRORS: dict[str, tuple[type[HallmarkError], str, dict[str, Any]]] = {
    "rate_limit": (RetryError, r"\[RETRY001\].*attempts=3, status=429", {"times": 0}),
    "server_error": (RetryError, r"\[RETRY001\].*attempts=3, status=500", {"times": 0}),
    "reset": (RetryError, r"\[RETRY001\].*attempts=3, cause=ConnectionError", {"times": 0}),
    "hang": (RetryError, r"\[RETRY001\].*deadline=RUNTIME__REQUEST_TIMEOUT", {"times": 0}),
    "cut_off": (RetryError, r"\[RETRY001\] the server does not answer", {"times": 0}),
    "truncated": (ExtractionError, r"\[EXT001\] the answer is not JSON", {}),
    "html": (ExtractionError, r"\[EXT001\] the answer is not JSON.*Sign in", {}),
    "token_revoked": (AuthenticationError, r"\[AUTH001\]", {}),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("scenario", ERRORS)
def test_a_lasting_fault_is_a_coded_error_and_the_next_load_is_complete(
    source: str,
    scenario: str,
    faulty: Faulty,
    data_dir: Path,
    load_source: Load,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error, message, values = ERRORS[scenario]
    load_source(source, faulty.connection(source), entities=ENTITIES[source][:1])
    before = snapshot(data_dir, source)
    faulty.add(source, scenario, **values)
    if scenario == "hang":
        monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0.2")
    with pytest.raises(error, match=message) as raised:
        load(load_source, faulty, source)

    assert KEY not in str(raised.value)
    assert snapshot(data_dir, source) == before
    faulty.clear()
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "5")
    load(load_source, faulty, source)
    assert_complete(faulty, data_dir, source)


def test_a_repeated_page_is_page001_and_the_next_load_is_complete(
    faulty: Faulty, data_dir: Path, load_source: Load
) -> None:
    faulty.add("payments", "repeated_page", entity="charges")
    with pytest.raises(PaginationError, match="PAGE001"):
        load(load_source, faulty, "payments")

    assert query(data_dir, "select count(*) from raw_payments.charges") == [(0,)]
    assert query(data_dir, "select count(*) from raw_payments._cursor_history") == [(0,)]
    load(load_source, faulty, "payments")
    assert_complete(faulty, data_dir, "payments")


def test_a_retry_after_beyond_the_runs_deadline_is_retry001(
    faulty: Faulty, data_dir: Path, load_source: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__RUN_DEADLINE", "30")
    faulty.add("payments", "rate_limit_retry_after", seconds=50)
    with pytest.raises(RetryError, match="deadline=RUNTIME__RUN_DEADLINE"):
        load(load_source, faulty, "payments")
    load(load_source, faulty, "payments")
    assert_complete(faulty, data_dir, "payments")
