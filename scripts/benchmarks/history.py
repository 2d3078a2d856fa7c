"""A history of charges as JSON text, newest first, of which any page is one slice."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from scripts.mock_api.payments.books import books_of
from scripts.mock_api.payments.listing import Listing
from scripts.mock_api.world import World

DAY = 86_400
TODAY = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
"""Epoch seconds: the history ends before it, the day's increment lies in the day that begins."""
BEGIN = TODAY - 60 * DAY
END = TODAY + DAY
_BODIES = 2_000
_BODIES_PER_SCALE = 476.0
_MIX = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Query:
    """What a list request asks for; times are epoch seconds, `until` is excluded."""

    since: int = 0
    until: int = END
    after: str = ""
    limit: int = 10


class History:
    """`charges` rows before `TODAY` and `increment` rows of that day, hidden until `advance`.

    The same arguments give the same bytes.
    """

    def __init__(self, charges: int, increment: int = 0, *, seed: int = 1) -> None:
        self.first = increment
        self.ids: dict[str, int] = {}
        self.created = array("q")
        self.text = bytearray()
        self._ends = array("q")
        moments = [*_spread(increment, TODAY, END), *_spread(charges, BEGIN, TODAY)]
        bodies = _bodies(seed)
        for position, created in enumerate(moments):
            self._append(bodies, len(moments) - position, created, seed)

    def _append(self, bodies: list[bytes], number: int, created: int, seed: int) -> None:
        mixed = (number * _MIX ^ seed * 0xC2B2AE3D27D4EB4F) % 2**64
        identity = f"ch_{mixed:016x}{number:08x}"
        payer = mixed % (number // 10 + 1)
        self.ids[identity] = len(self.created)
        self.created.append(created)
        self.text += bodies[mixed % len(bodies)] % {
            b"id": identity.encode(),
            b"created": created,
            b"amount": 100 + mixed // 7 % 50_000,
            b"customer": b"cus_%014d" % payer,
            b"email": b"payer%d@example.com" % payer,
        }
        self.text += b","
        self._ends.append(len(self.text))

    def advance(self) -> None:
        """Makes the day's increment visible."""
        self.first = 0

    def page(self, query: Query) -> tuple[memoryview, bool]:
        """The rows, separated by commas, and whether more follow. KeyError for an unknown id."""
        start = max(self.first, self._older_than(query.until))
        if query.after:
            start = max(start, self.ids[query.after] + 1)
        stop = max(start, self._older_than(query.since))
        end = min(stop, start + query.limit)
        if start == end:
            return memoryview(b""), False
        begin = self._ends[start - 1] if start else 0
        return memoryview(self.text)[begin : self._ends[end - 1] - 1], end < stop

    def _older_than(self, moment: int) -> int:
        """How many rows were created at `moment` or later: where the older ones begin."""
        return bisect_left(self.created, 1 - moment, key=lambda created: -created)


def _spread(rows: int, begin: int, end: int) -> list[int]:
    return [end - 1 - index * (end - begin) // rows for index in range(rows)]


def _bodies(seed: int) -> list[bytes]:
    """Rows of the bundled API as %-formats of what makes a row another one."""
    now = datetime.fromtimestamp(BEGIN, UTC)
    world = World.at(now, seed=seed, scale=_BODIES / _BODIES_PER_SCALE)
    listing = Listing(books_of(world), "charges", int(world.now.timestamp()))
    return [_format(listing.render(member)) for member in listing.members()]


def _format(row: dict[str, Any]) -> bytes:
    body = msgspec.json.encode(row).replace(b"%", b"%%")
    varied = {
        "id": row["id"],
        "customer": row["customer"],
        "email": row["billing_details"]["email"],
    }
    for name, value in varied.items():
        if value:
            body = body.replace(value.encode(), f"%({name})s".encode())
    body = body.replace(b'"created":%d' % row["created"], b'"created":%(created)d', 1)
    amounts = rb'("amount(?:_captured)?":)%d(?=[,}])' % row["amount"]
    return re.sub(amounts, rb"\g<1>%(amount)d", body)
