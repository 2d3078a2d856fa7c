"""Draws from several iterators at once, while what they gave is worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")
_DEPTH = 2


class _End:
    """What ends an iterator in the queue: the error that ended it, or None."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class SideBySide(Generic[T]):
    """The items of all streams, those of one in their order, `width` streams at a time.

    Drawing begins at once, two items for each ahead of what was taken. A stream's error is raised
    after the items that came before it. `stop` ends the threads, whatever was not taken; after an
    interrupt they end with the process, for a server that hangs would hold them.
    """

    def __init__(self, streams: Sequence[Iterator[T]], width: int) -> None:
        width = max(1, min(width, len(streams)))
        self._waiting = iter(streams)
        self._lock = threading.Lock()
        self._ready: queue.Queue[T | _End] = queue.Queue(maxsize=_DEPTH * width)
        self._stopped = threading.Event()
        self._waits = True
        self._threads = [threading.Thread(target=self._draw, daemon=True) for _ in range(width)]
        for thread in self._threads:
            thread.start()

    def _draw(self) -> None:
        end = _End()
        try:
            while not self._stopped.is_set():
                with self._lock:
                    stream = next(self._waiting, None)
                if stream is None:
                    break
                for item in stream:
                    self._ready.put(item)
                    if self._stopped.is_set():
                        break
        except BaseException as error:
            end = _End(error)
        self._ready.put(end)

    def __iter__(self) -> Iterator[T]:
        left = len(self._threads)
        wait = True
        try:
            while left:
                item = self._ready.get()
                if not isinstance(item, _End):
                    yield item
                    continue
                left -= 1
                if item.error is not None:
                    raise item.error
        except KeyboardInterrupt:
            wait = False
            raise
        finally:
            self.stop(wait=wait)

    def end(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops at the end of a block, as `ExitStack.push` takes it."""
        self.stop(wait=not isinstance(error, KeyboardInterrupt))

    def stop(self, *, wait: bool = True) -> None:
        self._stopped.set()
        self._waits = self._waits and wait
        if not self._waits:
            return
        while any(thread.is_alive() for thread in self._threads):
            try:
                self._ready.get(timeout=0.05)
            except queue.Empty:
                continue
        for thread in self._threads:
            thread.join()
