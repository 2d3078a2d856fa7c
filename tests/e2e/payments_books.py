"""What the payments API lists, as plain objects, and how its bookings belong together."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from tests.e2e.conftest import KEY

Json = dict[str, Any]
ENTITIES = (
    "customers",
    "payment_intents",
    "charges",
    "invoices",
    "invoice_payments",
    "refunds",
    "disputes",
    "payouts",
    "balance_transactions",
)
KINDS = {"charge": "charge", "refund": "refund", "adjustment": "dispute"}


@dataclass(frozen=True)
class Books:
    """All objects of the API by entity and id."""

    objects: dict[str, dict[str, Json]]

    def all(self, entity: str) -> list[Json]:
        return list(self.objects[entity].values())

    @cached_property
    def bookings(self) -> dict[str, list[Json]]:
        """The balance transactions of each object that caused any."""
        found: dict[str, list[Json]] = defaultdict(list)
        for row in self.all("balance_transactions"):
            found[row["source"]].append(row)
        return found

    def charge_of(self, booking: Json) -> str | None:
        """The charge that a booking is about; None for a payout's."""
        match kind_of(booking):
            case "charge":
                return str(booking["source"])
            case "payout":
                return None
            case kind:
                return str(self.objects[f"{kind}s"][booking["source"]]["charge"])

    @cached_property
    def claims(self) -> dict[str, list[Json]]:
        """The refunds and disputes of each charge."""
        found: dict[str, list[Json]] = defaultdict(list)
        for row in (*self.all("refunds"), *self.all("disputes")):
            found[row["charge"]].append(row)
        return found


def kind_of(booking: Json) -> str:
    return KINDS.get(booking["type"], "payout")


def day_of(row: Json) -> date:
    return datetime.fromtimestamp(row["created"], UTC).date()


def read_books(url: str) -> Books:
    """Walks every list of the API at `url`, page by page."""
    return Books({each: {row["id"]: row for row in _walk(url, each)} for each in ENTITIES})


def _walk(url: str, entity: str) -> Iterator[Json]:
    after = ""
    while True:
        request = urllib.request.Request(
            f"{url}/v1/{entity}?limit=100{after}", headers={"Authorization": f"Bearer {KEY}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            page = json.loads(answer.read())
        yield from page["data"]
        if not page["has_more"]:
            return
        after = f"&starting_after={page['data'][-1]['id']}"


@dataclass
class PaidOut:
    """What one payout is made of, by kind of movement, and its fees; minor units."""

    amounts: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    fee: int = 0

    def add(self, booking: Json) -> None:
        self.amounts[kind_of(booking)] += booking["amount"]
        self.entries += 1
        self.fee += booking["fee"]


def paid_out(books: Books) -> dict[str, PaidOut]:
    """Walks time forward: each payout empties what has become available in its currency."""
    own = {payout["balance_transaction"] for payout in books.all("payouts")}
    found = {payout["id"]: PaidOut() for payout in books.all("payouts")}
    for currency in {payout["currency"] for payout in books.all("payouts")}:
        waiting = sorted(
            (row for row in books.all("balance_transactions") if row["currency"] == currency),
            key=lambda row: row["available_on"],
        )
        waiting = [row for row in waiting if row["id"] not in own]
        payouts = [row for row in books.all("payouts") if row["currency"] == currency]
        for payout in sorted(payouts, key=lambda row: row["created"]):
            while waiting and waiting[0]["available_on"] <= payout["created"]:
                found[payout["id"]].add(waiting.pop(0))
    return found
