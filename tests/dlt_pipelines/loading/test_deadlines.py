from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pytest
from api_server import ROWS, Answer, Connect, Server, ask
from fake_time import FakeTime

from contracts.odcs import Source
from dlt_pipelines.errors import ConfigurationError, RetryError
from dlt_pipelines.loading.client import ApiClient


def test_a_run_waits_as_long_as_it_may() -> None:
    fake = FakeTime()
    run = fake.run(10)
    run.sleep(9, "for a test")
    run.check()
    with pytest.raises(RetryError, match=r"1\.0 s for a test \(deadline=RUNTIME__RUN_DEADLINE"):
        run.sleep(1, "for a test")
    assert fake.slept == [9]
    fake.now += 1
    with pytest.raises(RetryError, match="the run's deadline has passed"):
        run.check()


def test_a_run_that_has_ended_asks_nothing_again(server: Server, connect: Connect) -> None:
    client = connect()
    ask(client)
    client.close()
    with pytest.raises(RetryError):
        ask(client)
    assert len(server.asked) == 1


def test_without_a_deadline_a_run_waits_for_ever() -> None:
    fake = FakeTime()
    fake.run().sleep(1e6, "for a test")
    assert fake.slept == [1e6]


def test_a_long_wait_is_said(caplog: pytest.LogCaptureFixture) -> None:
    run = FakeTime().run()
    with caplog.at_level(logging.WARNING, "hallmark"):
        run.sleep(5, "for a short one")
        run.sleep(30, "before api.example is asked again")
    assert caplog.messages == ["waiting 30 s before api.example is asked again"]


@pytest.mark.parametrize("value", ["0", "-1", "soon", "inf", "nan"])
def test_a_bad_deadline_is_cfg001(
    shop: Source, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("RUNTIME__RUN_DEADLINE", value)
    with pytest.raises(ConfigurationError, match=r"CFG001.*RUNTIME__RUN_DEADLINE"):
        ApiClient(shop, base_url="https://api.example", token="t")


def seconds(act: Callable[[], object]) -> tuple[RetryError, float]:
    """How `act` fails, and after how long."""
    started = time.monotonic()
    with pytest.raises(RetryError) as caught:
        act()
    return caught.value, time.monotonic() - started


@pytest.mark.parametrize(
    "answer",
    [
        Answer(drip=0.05),
        Answer(body=b" " * 100_000, headers={"X-Many": "y" * 1000}, drip=0.05),
        Answer(headers={"Transfer-Encoding": "chunked"}, body=b"1\r\n \r\n" * 1000, drip=0.05),
    ],
    ids=["body", "head", "chunks"],
)
def test_a_dripping_answer_ends_at_the_requests_deadline(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0.3")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    server.answers = [answer]
    error, taken = seconds(lambda: ask(connect()))
    assert error.context["deadline"] == "RUNTIME__REQUEST_TIMEOUT"
    assert 0.3 <= taken < 2.0


def test_a_slow_answer_within_the_deadline_is_read_to_its_end(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "20")
    server.answers = [Answer(drip=0.001)]
    client = connect()
    assert bytes(ask(client).body) == ROWS
    server.answers = [Answer()]
    assert bytes(ask(client).body) == ROWS  # over the same connection


def test_a_hanging_request_ends_at_the_runs_deadline(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__RUN_DEADLINE", "0.3")
    server.answers = [Answer(wait=0.8)]
    error, taken = seconds(lambda: ask(connect()))
    assert error.context == {"deadline": "RUNTIME__RUN_DEADLINE", "seconds": 0.3}
    assert taken < 2.0


def test_a_retry_after_past_the_runs_deadline_is_not_waited_for(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__RUN_DEADLINE", "10")
    server.answers = [Answer(429, headers={"Retry-After": "20"})]
    error, taken = seconds(lambda: ask(connect()))
    assert error.context["deadline"] == "RUNTIME__RUN_DEADLINE"
    assert len(server.asked) == 1
    assert taken < 2.0
