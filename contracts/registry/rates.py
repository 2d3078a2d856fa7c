"""How many requests a caller may send: a bucket of tokens for each, filled at a steady rate."""

from __future__ import annotations

import math
import time
from collections import OrderedDict

from contracts.registry.errors import RateLimited

_MOST_CALLERS = 10_000


class Rates:
    """`rate` requests per second on average, `burst` at once; used from one thread."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(max(burst, 1))
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Raises `RateLimited` with the seconds to wait when the caller's bucket is empty."""
        moment = time.monotonic()
        tokens, last = self._buckets.get(caller, (self._burst, moment))
        tokens = min(self._burst, tokens + (moment - last) * self._rate)
        if tokens < 1:
            raise RateLimited(max(1, math.ceil((1 - tokens) / self._rate)))
        self._buckets[caller] = (tokens - 1, moment)
        self._buckets.move_to_end(caller)
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
