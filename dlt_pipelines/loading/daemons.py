"""An executor that the end of the process does not wait for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class DaemonExecutor(Executor):
    """Up to `width` threads. A ThreadPoolExecutor's hold the process while a server hangs."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._threads: list[threading.Thread] = []
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_open = True

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if not self._is_open:
                raise RuntimeError("the executor was shut down")
            self._calls.put(partial(_call, future, partial(fn, *args, **kwargs)))
            if len(self._threads) < self._width:
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def _work(self) -> None:
        for call in iter(self._calls.get, None):
            call()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """What was submitted is still done; `cancel_futures` is not heeded."""
        with self._lock:
            self._is_open = False
            for _ in self._threads:
                self._calls.put(None)
        for thread in self._threads if wait else ():
            thread.join()


def _call(future: Future[T], call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as error:
        future.set_exception(error)
