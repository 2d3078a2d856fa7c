"""Draws from several iterators at once, while what they gave is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
_DEPTH = 2


class _End:
    """What ends an iterator in the queue: the error that ended it, or None."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Alarm:
    """The first error that nothing of a run can outlast; rung, it wakes all that the run draws."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._wakes: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def heard_by(self, wake: Callable[[], None]) -> None:
        with self._lock:
            self._wakes.append(wake)

    def ring(self, error: BaseException) -> None:
        with self._lock:
            if self.error is not None:
                return
            self.error = error
            wakes = list(self._wakes)
        for wake in wakes:
            wake()


class SideBySide(Generic[T]):
    """The items of all streams, those of one in their order, `width` streams at a time.

    Drawing begins at once, two items for each ahead of what was taken. A stream's error is raised
    after the items that came before it; one that rings the `alarm`, being none of the `expected`,
    at once, also by all others that hear it. After an error nobody waits for a stream that hangs:
    its thread ends with what it waits for, or with the process.
    """

    def __init__(
        self,
        streams: Sequence[Iterator[T]],
        width: int,
        *,
        alarm: Alarm | None = None,
        expected: tuple[type[Exception], ...] = (Exception,),
    ) -> None:
        width = max(1, min(width, len(streams)))
        self._waiting = iter(streams)
        self._lock = threading.Lock()
        self._ready: queue.Queue[T | _End | None] = queue.Queue(maxsize=_DEPTH * width)
        self._stopped = threading.Event()
        self._waits = True
        self._alarm = alarm or Alarm()
        self._alarm.heard_by(self._wake)
        self._expected = expected
        self._threads = [threading.Thread(target=self._draw, daemon=True) for _ in range(width)]
        for thread in self._threads:
            thread.start()

    def _wake(self) -> None:
        """Whoever waits for the next item gets one: a full queue has others."""
        with suppress(queue.Full):
            self._ready.put_nowait(None)

    def _draw(self) -> None:
        end = _End()
        try:
            while not self._stopped.is_set():
                with self._lock:
                    stream = next(self._waiting, None)
                if stream is None:
                    break
                for item in stream:
                    self._put(item)
                    if self._stopped.is_set():
                        break
        except BaseException as error:
            end = _End(error)
            if not isinstance(error, self._expected):
                self._alarm.ring(error)
        self._put(end)

    def _put(self, item: T | _End) -> None:
        if not self._stopped.is_set():
            self._ready.put(item)

    def __iter__(self) -> Iterator[T]:
        left = len(self._threads)
        wait = False
        try:
            while left:
                item = self._ready.get()
                if self._alarm.error is not None:
                    raise self._alarm.error
                if isinstance(item, _End):
                    left -= 1
                    if item.error is not None:
                        raise item.error
                elif item is not None:
                    yield item
            wait = True
        except GeneratorExit:
            wait = True
            raise
        finally:
            self.stop(wait=wait)

    def end(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stops at the end of a block, as `ExitStack.push` takes it."""
        self.stop(wait=kind is None)

    def stop(self, *, wait: bool = True) -> None:
        """Ends the threads, whatever was not taken, and waits for them unless told not to once."""
        self._stopped.set()
        self._waits = self._waits and wait
        with suppress(queue.Empty):
            while True:  # those that wait to put something go on, and put no more
                self._ready.get_nowait()
        for thread in self._threads if self._waits else ():
            thread.join()
