"""The ids objects refer to each other by, and small pieces that several of them share."""

from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.ids import CUSTOMER_LINE, SALE_LINE, Place
from scripts.mock_api.payments.sales import Sale
from scripts.mock_api.payments.vocabulary import Json


def sale_id(book: Books, entity: str, sale: Sale, part: int = 0) -> str:
    """The id of the object number `part` of a sale."""
    return book.id(entity, Place(SALE_LINE, sale.unit, part))


def customer_id(book: Books, sale: Sale) -> str | None:
    if sale.customer is None:
        return None
    return book.id("customers", Place(CUSTOMER_LINE, sale.customer, 0))


def payment_method_id(book: Books, sale: Sale) -> str:
    is_guest = sale.customer is None
    return book.ids.make("pm", Place(int(is_guest), sale.payer.unit, 0))


def has(book: Books, sale: Sale, lag: int | None, moment: int) -> bool:
    """Whether what the story plans at `lag` has happened."""
    return lag is not None and book.sales.timeline.at(sale.unit, lag) <= moment


def metadata(sale: Sale) -> Json:
    """Orders of the shop carry its own numbers; every third sale was made elsewhere."""
    if sale.unit % 3 == 0:
        return {}
    return {"order_id": f"ORD-{100_000 + sale.unit}", "channel": ("web", "app")[sale.unit % 2]}
