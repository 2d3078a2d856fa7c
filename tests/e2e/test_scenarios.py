"""Each fault scenario of HTTP that the bundled APIs know: the coded error, or the recovery."""

from __future__ import annotations

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
from tests.e2e.conftest import KEY, Load, query
from tests.e2e.faulty import ENTITIES, SOURCES, Faulty, assert_complete, load, snapshot


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
