"""What a complete and correct load of everything visible must add up to."""

from __future__ import annotations

from collections import Counter
from typing import Any

from scripts.mock_api.payments.books import PREFIXES, books_of
from scripts.mock_api.payments.listing import Listing
from scripts.mock_api.world import World

SUMS: dict[str, tuple[str, ...]] = {
    "charges": ("amount", "amount_refunded"),
    "invoices": ("amount_due", "amount_paid"),
    "refunds": ("amount",),
    "disputes": ("amount",),
    "payouts": ("amount",),
    "balance_transactions": ("amount", "fee", "net"),
    "payment_intents": ("amount",),
    "invoice_payments": ("amount_paid",),
}


def truth(world: World) -> dict[str, Any]:
    """{entity: {"count": n, "sums": {field: {currency: minor units}}}}; null adds nothing."""
    return {entity: _entity(world, entity) for entity in PREFIXES}


def _entity(world: World, entity: str) -> dict[str, Any]:
    listing = Listing(books_of(world), entity, int(world.now.timestamp()))
    fields = SUMS.get(entity, ())
    sums: dict[str, Counter[str]] = {field: Counter() for field in fields}
    count = 0
    for member in listing.members():
        count += 1
        if fields:
            found = listing.render(member)
            for field in fields:
                sums[field][found["currency"]] += found[field] or 0
    return {"count": count, "sums": {field: dict(total) for field, total in sums.items()}}
