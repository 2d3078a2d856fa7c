from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.signals.logs import LOGGER, Context, JsonLines, Log

SECRET = "sk_test_0123456789abcdef"
KEYS = [
    "timestamp",
    "level",
    "logger",
    "event",
    "run_id",
    "correlation_id",
    "source",
    "entity",
    "step",
]


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> Iterator[Log]:
    made = Log(stream, source="payments", hidden=[SECRET])
    yield made
    made.close()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_line_has_every_key_in_one_order(log: Log, stream: io.StringIO) -> None:
    log.write(logging.INFO, "begins")
    log.context.run_id, log.context.step = "20261120T060000Z", "load"
    log.write(logging.ERROR, "ends", {"rows": 3}, entity="charges")
    first, second = lines(stream)
    assert list(first) == KEYS
    assert list(second) == [*KEYS, "facts"]
    assert (first["level"], first["source"], first["entity"]) == ("INFO", "payments", None)
    assert (second["run_id"], second["step"]) == ("20261120T060000Z", "load")
    assert (second["entity"], second["facts"]) == ("charges", {"rows": 3})
    assert first["correlation_id"] == second["correlation_id"]
    assert datetime.fromisoformat(first["timestamp"]).tzinfo is not None


def test_what_the_project_logs_elsewhere_is_a_line_too(log: Log, stream: io.StringIO) -> None:
    logging.getLogger(LOGGER).warning("waiting %.0f s %s", 7, "for the server")
    (line,) = lines(stream)
    assert (line["level"], line["event"]) == ("WARNING", "waiting 7 s for the server")


def test_what_libraries_log_is_no_line(log: Log, stream: io.StringIO) -> None:
    logging.getLogger("urllib3").error("GET /v1/customers?email=someone")
    assert stream.getvalue() == ""


def test_a_level_leaves_out_what_is_below_it(log: Log, stream: io.StringIO) -> None:
    log.level = "WARNING"
    log.write(logging.INFO, "unheard")
    log.write(logging.WARNING, "heard")
    assert [line["event"] for line in lines(stream)] == ["heard"]


def test_a_closed_log_writes_no_more(log: Log, stream: io.StringIO) -> None:
    log.close()
    logging.getLogger(LOGGER).error("too late")
    assert stream.getvalue() == ""


@given(before=st.text(), after=st.text())
def test_no_secret_comes_out_and_a_line_stays_a_line(before: str, after: str) -> None:
    formatter = JsonLines(Context(correlation_id="1"), [SECRET])
    record = logging.makeLogRecord(
        {"msg": f"{before}{SECRET}{after}", "facts": {"cause": f"{before}{SECRET}"}}
    )
    line = formatter.format(record)
    assert SECRET not in line
    assert "\n" not in line
    assert json.loads(line)["facts"]["cause"] == f"{before}***"
