from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from requests import Request

from dlt_pipelines.loading.foreseen import Foreseen


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def at(offset: int) -> Request:
    return Request("GET", "https://api.example/orders", params={"size": 2, "offset": offset})


def test_what_was_foreseen_is_there_when_its_turn_comes(pool: ThreadPoolExecutor) -> None:
    asked: list[int] = []

    def get(request: Request) -> int:
        asked.append(request.params["offset"])
        return int(request.params["offset"])

    with Foreseen(get, pool) as foreseen:
        foreseen.expect(at(0), [{"offset": offset} for offset in (2, 4, 6)])
        foreseen.expect(at(0), [{"offset": offset} for offset in (4, 6, 8)])
        assert [foreseen.take(at(offset)) for offset in (2, 4, 6, 8)] == [2, 4, 6, 8]
        assert foreseen.take(at(8)) is None
    assert sorted(asked) == [2, 4, 6, 8]


def test_what_was_not_foreseen_is_to_be_asked(pool: ThreadPoolExecutor) -> None:
    with Foreseen(lambda request: 1, pool) as foreseen:
        foreseen.expect(at(0), [{"offset": 2}])
        assert foreseen.take(at(4)) is None
        assert foreseen.take(Request("GET", "https://api.example/orders", params={})) is None


def test_what_failed_is_to_be_asked_again(pool: ThreadPoolExecutor) -> None:
    def get(request: Request) -> int:
        raise KeyError("no answer")

    with Foreseen(get, pool) as foreseen:
        foreseen.expect(at(0), [{"offset": 2}])
        assert foreseen.take(at(2)) is None
        assert foreseen.take(at(2)) is None


def test_nothing_is_under_way_any_more_when_a_list_has_ended(pool: ThreadPoolExecutor) -> None:
    begun, done = threading.Event(), threading.Event()

    def get(request: Request) -> int:
        begun.set()
        done.wait(0.05)
        done.set()
        return 1

    with Foreseen(get, pool) as foreseen:
        foreseen.expect(at(0), [{"offset": 2}])
        assert begun.wait(10)
    assert done.is_set()


def test_what_is_forgotten_is_asked_anew(pool: ThreadPoolExecutor) -> None:
    answers = iter(["old", "new"])
    begun = threading.Event()

    def get(request: Request) -> str:
        answer = next(answers)
        begun.set()
        return answer

    with Foreseen(get, pool) as foreseen:
        foreseen.expect(at(0), [{"offset": 2}])
        assert begun.wait(10)
        foreseen.forget()
        foreseen.expect(at(0), [{"offset": 2}])
        assert foreseen.take(at(2)) == "new"
