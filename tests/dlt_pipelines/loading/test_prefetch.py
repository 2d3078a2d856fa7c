from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt_pipelines.loading.prefetch import Alarm, SideBySide


def failing(*items: int) -> Iterator[int]:
    yield from items
    raise KeyError("broken off")


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = threading.enumerate()
    yield
    for thread in threading.enumerate():
        if thread not in before:
            thread.join(10)
            assert not thread.is_alive()


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


@pytest.fixture
def hanging() -> Iterator[Callable[[int], Iterator[int]]]:
    """Makes streams that hang after so many items, until the test has ended."""
    answered = threading.Event()

    def make(items: int) -> Iterator[int]:
        yield from range(items)
        assert answered.wait(60)

    yield make
    answered.set()


Hanging = Callable[[int], Iterator[int]]


@pytest.mark.parametrize("error", [KeyboardInterrupt, KeyError])
def test_an_error_of_the_taker_waits_for_no_stream_that_hangs(
    error: type[BaseException], hanging: Hanging
) -> None:
    drawing = SideBySide([hanging(1)], 1)
    with pytest.raises(error), ExitStack() as stack:
        stack.push(drawing.end)
        drawn = cast(Generator[int], iter(drawing))
        assert next(drawn) == 0
        drawn.throw(error)  # while it waits for the next item
    drawing.stop()


def test_an_error_of_one_stream_waits_for_no_other_that_hangs(hanging: Hanging) -> None:
    with ExitStack() as stack:
        drawing = SideBySide([hanging(0), failing(), hanging(0)], 3)
        stack.push(drawing.end)
        with pytest.raises(KeyError, match="broken off"):
            list(drawing)
        raised = stack.pop_all()
    raised.__exit__(KeyError, KeyError(), None)


def test_a_stream_that_is_given_up_while_it_hangs_ends_with_its_answer() -> None:
    answered = threading.Event()
    drawn: list[int] = []

    def late() -> Iterator[int]:
        assert answered.wait(60)
        for number in range(1000):
            drawn.append(number)
            yield number

    SideBySide([late()], 1).stop(wait=False)
    answered.set()


def test_an_error_that_rings_the_alarm_ends_what_hangs_elsewhere(hanging: Hanging) -> None:
    alarm = Alarm()
    other = SideBySide([hanging(1)], 1, alarm=alarm)
    drawn = iter(other)
    assert next(drawn) == 0
    failed = SideBySide([failing(1, 2)], 1, alarm=alarm, expected=(ValueError,))
    with pytest.raises(KeyError, match="broken off"):
        next(drawn)
    failed.stop()


def test_an_error_that_is_expected_waits_for_its_turn() -> None:
    alarm = Alarm()
    other = SideBySide([iter([1, 2])], 1, alarm=alarm)
    drawing = SideBySide([failing(3)], 1, alarm=alarm, expected=(KeyError,))
    assert list(other) == [1, 2]
    drawn = iter(drawing)
    assert next(drawn) == 3
    with pytest.raises(KeyError, match="broken off"):
        next(drawn)


def test_the_first_error_is_the_one_that_counts() -> None:
    alarm = Alarm()
    alarm.ring(KeyError("first"))
    alarm.ring(KeyError("second"))
    with pytest.raises(KeyError, match="first"):
        list(SideBySide([iter([1])], 1, alarm=alarm))
