from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_pipelines.loading.prefetch import SideBySide


def failing(*items: int) -> Iterator[int]:
    yield from items
    raise KeyError("broken off")


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(), max_size=8), max_size=6), st.integers(1, 4))
def test_every_item_comes_once_and_those_of_a_stream_in_their_order(
    streams: list[list[int]], width: int
) -> None:
    numbered = [[(number, item) for item in each] for number, each in enumerate(streams)]
    drawn = list(SideBySide([iter(each) for each in numbered], width))
    assert [[item for item in drawn if item[0] == n] for n in range(len(streams))] == numbered
    assert len(drawn) == sum(map(len, streams))


def test_one_stream_at_a_time_comes_in_order() -> None:
    streams = [iter(range(10 * number, 10 * number + 3)) for number in range(3)]
    assert list(SideBySide(streams, 1)) == [0, 1, 2, 10, 11, 12, 20, 21, 22]


@pytest.mark.parametrize("width", [1, 2])
def test_an_error_comes_after_the_items_before_it(width: int) -> None:
    drawn = iter(SideBySide([failing(1, 2)], width))
    assert [next(drawn), next(drawn)] == [1, 2]
    with pytest.raises(KeyError, match="broken off"):
        next(drawn)


def test_an_error_of_one_stream_ends_the_others() -> None:
    with pytest.raises(KeyError, match="broken off"):
        list(SideBySide([iter(range(10**6)), failing()], 2))


def test_streams_are_drawn_from_at_once() -> None:
    both = threading.Barrier(2, timeout=10)

    def meeting(name: str) -> Iterator[str]:
        both.wait()
        yield name

    assert sorted(SideBySide([meeting("a"), meeting("b")], 2)) == ["a", "b"]


def test_drawing_begins_before_it_is_asked_for_and_stays_a_few_items_ahead() -> None:
    drawn: list[int] = []
    begun = threading.Event()

    def items() -> Iterator[int]:
        for number in range(1000):
            drawn.append(number)
            begun.set()
            yield number

    side_by_side = SideBySide([items()], 1)
    assert begun.wait(10)
    wanted = iter(side_by_side)
    next(wanted)
    wanted.close()  # type: ignore[attr-defined]
    assert len(drawn) < 10


def test_stopping_ends_the_threads_though_nothing_was_taken() -> None:
    side_by_side = SideBySide([iter(range(1000)) for _ in range(8)], 4)
    side_by_side.stop()
    side_by_side.stop()


def test_no_streams_give_nothing() -> None:
    assert list(SideBySide([], 4)) == []


def test_an_interrupt_waits_for_no_stream_that_hangs() -> None:
    answered = threading.Event()

    def hanging() -> Iterator[int]:
        yield 1
        answered.wait()

    drawing = SideBySide([hanging()], 1)
    late = threading.Timer(10, answered.set)
    late.start()
    with pytest.raises(KeyboardInterrupt), ExitStack() as stack:
        stack.push(drawing.end)
        drawn = cast(Generator[int], iter(drawing))
        assert next(drawn) == 1
        drawn.throw(KeyboardInterrupt)  # while it waits for the next item
    assert not answered.is_set()
    late.cancel()
    answered.set()
    late.join()
    drawing.stop()
    for thread in drawing._threads:
        thread.join()
