from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt_pipelines.loading.prefetch import ahead


@given(st.lists(st.integers()))
def test_the_items_and_their_order_are_the_same(items: list[int]) -> None:
    assert list(ahead(iter(items))) == items


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("broken off")

    drawn = ahead(items())
    assert next(drawn) == 1
    with pytest.raises(KeyError, match="broken off"):
        next(drawn)


def test_no_more_than_a_few_items_are_drawn_before_they_are_asked_for() -> None:
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            drawn.append(number)
            yield number

    wanted = ahead(items())
    next(wanted)
    wanted.close()  # type: ignore[attr-defined]
    assert len(drawn) < 10


def test_giving_up_ends_the_thread() -> None:
    before = threading.active_count()
    drawn = ahead(iter(range(1000)))
    next(drawn)
    drawn.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
