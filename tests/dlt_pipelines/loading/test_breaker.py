from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from fake_time import FakeTime

from dlt_pipelines.errors import RetryError
from dlt_pipelines.loading.breaker import FAILURES, OPEN_SECONDS, CircuitBreaker

HOST = "api.example"


class Down(Exception):
    """What a request raises that reaches no server."""


def down() -> bool:
    raise Down


def answer(breaker: CircuitBreaker, *, failing: bool) -> None:
    breaker.call(lambda: failing, bool)


def fail(breaker: CircuitBreaker, times: int = FAILURES) -> None:
    for _ in range(times):
        answer(breaker, failing=True)


@pytest.mark.parametrize("send", [lambda: True, down], ids=["5xx", "network error"])
def test_five_failures_in_a_row_open_it_for_thirty_seconds(send: Callable[[], bool]) -> None:
    time = FakeTime()
    breaker = CircuitBreaker(HOST, time.run())
    for _ in range(FAILURES):
        with suppress(Down):
            breaker.call(send, bool)
    assert time.slept == []
    answer(breaker, failing=False)
    assert time.slept == [OPEN_SECONDS]


def test_an_answer_between_failures_keeps_it_closed() -> None:
    time = FakeTime()
    breaker = CircuitBreaker(HOST, time.run())
    for _ in range(3):
        fail(breaker, FAILURES - 1)
        answer(breaker, failing=False)
    assert time.slept == []


def test_a_probe_that_succeeds_closes_it() -> None:
    time = FakeTime()
    breaker = CircuitBreaker(HOST, time.run())
    fail(breaker)
    for _ in range(3):
        answer(breaker, failing=False)
    fail(breaker, FAILURES - 1)
    assert time.slept == [OPEN_SECONDS]


def test_a_probe_that_fails_opens_it_again() -> None:
    time = FakeTime()
    breaker = CircuitBreaker(HOST, time.run())
    fail(breaker, FAILURES + 3)
    assert time.slept == [OPEN_SECONDS] * 3


def test_a_wait_past_the_runs_deadline_is_retry001_with_host_and_until() -> None:
    time = FakeTime()
    breaker = CircuitBreaker(HOST, time.run(20))
    fail(breaker)
    before = datetime.now(UTC)
    with pytest.raises(RetryError, match="circuit open") as caught:
        answer(breaker, failing=False)
    assert caught.value.context["host"] == HOST
    assert caught.value.context["deadline"] == "RUNTIME__RUN_DEADLINE"
    until = datetime.fromisoformat(str(caught.value.context["until"]))
    assert OPEN_SECONDS - 1 <= (until - before).total_seconds() <= OPEN_SECONDS + 60
    assert time.slept == []


def test_one_request_probes_while_the_others_wait() -> None:
    time = FakeTime()
    breaker = CircuitBreaker(HOST, time.run())
    fail(breaker)
    time.now += OPEN_SECONDS
    probing, go_on, waited = threading.Event(), threading.Event(), threading.Event()

    def probe() -> bool:
        probing.set()
        assert go_on.wait(10)
        return False

    first = threading.Thread(target=breaker.call, args=(probe, bool))
    first.start()
    assert probing.wait(10)
    order: list[str] = []
    time.on_sleep = waited.set
    second = threading.Thread(
        target=breaker.call, args=(lambda: bool(order.append("second")), bool)
    )
    second.start()
    assert waited.wait(10)
    assert order == []
    go_on.set()
    first.join(10)
    second.join(10)
    assert order == ["second"]


def test_a_request_sent_before_it_opened_changes_nothing() -> None:
    time = FakeTime()
    breaker = CircuitBreaker(HOST, time.run())

    def overtaken() -> bool:
        fail(breaker)
        time.now += OPEN_SECONDS - 1
        return False

    breaker.call(overtaken, bool)
    answer(breaker, failing=False)
    assert time.slept == [1.0]
