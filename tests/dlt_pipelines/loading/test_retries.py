from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from api_server import ROWS, Answer, Connect, Server, ask
from msgspec.structs import replace
from requests import Response
from tenacity import RetryCallState, Retrying

from contracts.odcs import Source
from dlt_pipelines.errors import RetryError
from dlt_pipelines.loading.breaker import FAILURES
from dlt_pipelines.loading.client import ApiClient, Failing
from dlt_pipelines.loading.retries import Tally, _Wait


def wait(retry_after: str = "", attempt: int = 1) -> float:
    """Seconds before the next attempt after a 429."""
    response = Response()
    response.status_code = 429
    if retry_after:
        response.headers["Retry-After"] = retry_after
    state = RetryCallState(Retrying(), None, (), {})
    state.set_result(response)
    state.attempt_number = attempt
    return _Wait(multiplier=2, max=60)(state)


@pytest.mark.parametrize(("attempt", "most"), [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (9, 60)])
def test_the_wait_is_anything_up_to_a_bound_that_doubles(attempt: int, most: float) -> None:
    random.seed(attempt)
    waits = [wait(attempt=attempt) for _ in range(500)]
    assert 0 <= min(waits) < most / 20
    assert most * 0.95 < max(waits) <= most


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), (" 7 ", 7), ("60", 60), ("3600", 60)])
def test_retry_after_in_seconds_is_honoured_up_to_a_minute(said: str, seconds: float) -> None:
    assert wait(said) == seconds


@pytest.mark.parametrize(("ahead", "seconds"), [(20, 20), (86_400, 60)])
def test_retry_after_as_a_date_is_honoured_up_to_a_minute(ahead: int, seconds: float) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=ahead)
    assert wait(format_datetime(moment, usegmt=True)) == pytest.approx(seconds, abs=2)


@pytest.mark.parametrize(
    "said",
    [
        "0",
        "-5",
        "soon",
        "1.5",
        "9" * 5000,
        "Wed, 21 Oct 1998 07:28:00 GMT",
        "Wed, 21 Oct 99999999 07:28:00 GMT",
        "Wed, 32 Foo 2026",
    ],
)
def test_a_retry_after_that_says_nothing_leaves_the_back_off(said: str) -> None:
    assert 0 <= wait(said) <= 2


def test_a_server_that_only_fails_is_left_alone_by_all_threads(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__RUN_DEADLINE", "20")
    server.answers = [Answer(503)]
    client = connect()

    def fail(_: int) -> RetryError:
        with pytest.raises(RetryError) as caught:
            ask(client)
        return caught.value

    with ThreadPoolExecutor(4) as pool:
        errors = list(pool.map(fail, range(12)))
    assert FAILURES <= len(server.asked) < FAILURES + 4  # those in flight when it opened
    opened = [error for error in errors if "circuit open" in str(error)]
    assert len(opened) >= 10
    assert opened[0].context["host"] == server.url.removeprefix("http://")


def test_a_server_that_limits_is_not_failing(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", str(FAILURES + 2))
    monkeypatch.setenv("RUNTIME__RUN_DEADLINE", "20")
    server.answers = [Answer(429)] * (FAILURES + 1) + [Answer()]
    assert bytes(ask(connect()).body) == ROWS


def test_a_filter_refused_with_500_does_not_open_the_circuit(
    server: Server, shop: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__RUN_DEADLINE", "20")
    server.answers = [Answer(500)] * (FAILURES + 1) + [Answer()]
    client = filtering(shop, server)
    for _ in range(FAILURES + 1):
        with pytest.raises(Failing):
            ask(client, "/orders", since=5)
    assert bytes(ask(client, "/orders").body) == ROWS


def filtering(shop: Source, server: Server) -> ApiClient:
    """A client of a source whose lists can be filtered by time."""
    paging = replace(shop.paging["cursor"], since_param="since", until_param="until")
    return ApiClient(replace(shop, paging={"cursor": paging}), base_url=server.url, token="t")


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_filter_refused_with_500_is_asked_for_once(
    server: Server, shop: Source, name: str
) -> None:
    server.answers = [Answer(500)]
    with pytest.raises(Failing):
        ask(filtering(shop, server), "/orders", **{name: 5})
    assert len(server.asked) == 1


def test_a_500_is_passing_where_the_list_has_answered_to_a_filter(
    server: Server, shop: Source, connect: Connect
) -> None:
    server.answers = [Answer(), Answer(500), Answer()]
    client = filtering(shop, server)
    ask(client, "/orders", until=5)
    assert bytes(ask(client, "/orders", since=1, until=4).body) == ROWS
    assert len(server.asked) == 3


def test_threads_share_a_client(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "50")
    server.answer = lambda path: Answer(503 if len(server.asked) % 3 == 0 else 200)
    client, tally = connect(), Tally()
    with ThreadPoolExecutor(8) as pool:
        request = client.new_request("/orders/or_1", {})
        pages = list(pool.map(lambda _: client.fetch(copy(request), tally), range(100)))
    assert all(bytes(page.body) == ROWS for page in pages)
    assert tally.requests == len(server.asked) > 100
