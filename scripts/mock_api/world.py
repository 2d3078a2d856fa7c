"""What the bundled APIs' data is a function of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

HISTORY = timedelta(days=60)


@dataclass(frozen=True)
class World:
    """Seed, scale, first day and clock of a bundled API.

    `scale` multiplies the number of objects per day; 1.0 is a small shop and a small test team.
    `starts_at` and `now` are aware UTC datetimes with whole seconds; objects exist from `starts_at`
    up to and including `now`.
    """

    seed: int
    scale: float
    starts_at: datetime
    now: datetime

    @classmethod
    def at(cls, now: datetime, *, seed: int = 1, scale: float = 1.0) -> World:
        """A world whose clock shows `now` and whose history reaches `HISTORY` back."""
        now = now.astimezone(UTC).replace(microsecond=0)
        first_day = (now - HISTORY).replace(hour=0, minute=0, second=0)
        return cls(seed=seed, scale=scale, starts_at=first_day, now=now)

    def advanced(self, by: timedelta) -> World:
        """The same world, later. Time never runs backwards: a negative step is a ValueError."""
        if by < timedelta(0):
            raise ValueError(f"the clock cannot go back by {-by}")
        return replace(self, now=self.now + by)

    def number(self, *key: object) -> int:
        """A 64-bit number that depends on the seed and `key` alone (blake2b)."""
        text = "\x1f".join(map(str, (self.seed, *key)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
