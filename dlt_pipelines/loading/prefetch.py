"""Fetches while the page before is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")
_DEPTH = 2


class _End:
    """What ends the queue: the error that ended the iterator, or None."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order, up to two of them drawn before they are asked for.

    An error of `items` is raised where it would have been. Giving up half-way ends the thread.
    """
    ready: queue.Queue[T | _End] = queue.Queue(maxsize=_DEPTH)
    stopped = threading.Event()

    def draw() -> None:
        end = _End(None)
        try:
            for item in items:
                ready.put(item)
                if stopped.is_set():
                    break
        except BaseException as error:
            end = _End(error)
        ready.put(end)

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        while not isinstance(item := ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        while thread.is_alive():
            try:
                ready.get(timeout=0.05)
            except queue.Empty:
                continue
        thread.join()
