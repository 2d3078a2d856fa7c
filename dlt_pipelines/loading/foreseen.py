"""Fetches the pages that a list will ask for next, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, wait
from copy import copy
from typing import Any, Generic, Self, TypeVar

from requests import Request

T = TypeVar("T")
Asked = frozenset[tuple[str, str]]


class Foreseen(Generic[T]):
    """Requests that are under way before their turn.

    A list decides page by page what it asks next, so that a wrong guess costs a request and no row.
    """

    def __init__(self, get: Callable[[Request], T], pool: Executor) -> None:
        self._get = get
        self._pool = pool
        self._futures: dict[Asked, Future[T]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.forget()
        for future in self._futures.values():
            future.cancel()

    def expect(self, request: Request, params: Iterable[Mapping[str, Any]]) -> None:
        """Begins to ask for `request` with each of these parameters in place of its own."""
        for each in params:
            one = copy(request)
            one.params = {**request.params, **each}
            if _asked(one) not in self._futures:
                self._futures[_asked(one)] = self._pool.submit(self._get, one)

    def forget(self) -> None:
        """Gives up what was not taken; when it returns, none of it is under way any more."""
        wait([each for each in self._futures.values() if not each.cancel()])
        self._futures.clear()

    def take(self, request: Request) -> T | None:
        """What came of a request, None when it was not foreseen or failed: it is to be asked."""
        future = self._futures.pop(_asked(request), None)
        if future is None or future.exception() is not None:
            return None
        return future.result()


def _asked(request: Request) -> Asked:
    return frozenset((name, str(value)) for name, value in request.params.items())
