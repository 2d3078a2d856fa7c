from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.ids import CUSTOMER_LINE, Place
from scripts.mock_api.payments.payers import REGISTERED, Payer
from scripts.mock_api.payments.vocabulary import Json, skeleton


def customer(book: Books, unit: int, part: int, moment: int) -> Json:
    payer = Payer(REGISTERED, unit)
    person = book.payers.person(payer)
    timeline = book.payers.customers
    story = timeline.story(unit)

    def has(lag: int | None) -> bool:
        return lag is not None and timeline.at(unit, lag) <= moment

    return {
        **skeleton("customer"),
        "id": book.id("customers", Place(CUSTOMER_LINE, unit, part)),
        "address": person.address if unit % 5 else None,
        "balance": 0,
        "created": timeline.at(unit),
        "currency": book.payers.currency(payer) if unit % 4 else None,
        "delinquent": has(story.delinquent),
        "description": None if unit % 6 else "Pays for a team",
        "email": person.new_email if has(story.updated) else person.email,
        "invoice_prefix": f"{book.world.number('invoice prefix', unit) % 2**32:08X}",
        "metadata": {"tier": "plus"} if has(story.updated) else {},
        "name": person.name,
        "next_invoice_sequence": 1,
        "phone": person.phone if unit % 3 else None,
        "preferred_locales": [person.locale] if unit % 2 else [],
    }
