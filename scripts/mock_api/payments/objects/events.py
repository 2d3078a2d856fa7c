from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.ids import Place
from scripts.mock_api.payments.marks import marks_of
from scripts.mock_api.payments.objects import RENDERERS
from scripts.mock_api.payments.objects.invoices import billing_of
from scripts.mock_api.payments.objects.payment_intents import payment_intent
from scripts.mock_api.payments.objects.refs import has, sale_id
from scripts.mock_api.payments.stories import HOUR
from scripts.mock_api.payments.vocabulary import Json, skeleton, vocabulary

BY_A_REQUEST = ("customer.created", "payment_intent.created", "refund.created", "invoice.created")


def event(book: Books, timeline: int, unit: int, part: int, now: int) -> Json:
    """Announces mark number `part` of a unit, with the object as it was at that moment."""
    line = book.timelines[timeline]
    mark = marks_of(line.story(unit))[part]
    created = line.at(unit, mark.lag)
    drawn = book.world.number("event", timeline, unit, part)
    words = vocabulary()
    is_older = drawn % 10 == 0
    is_request = mark.event in BY_A_REQUEST
    key = f"{drawn:016x}"
    return {
        **skeleton("event"),
        "id": book.id("events", Place(timeline, unit, part)),
        "api_version": words.older_api_version if is_older else words.api_version,
        "created": created,
        "data": event_data(book, timeline, unit, part, is_older=is_older),
        "pending_webhooks": int(now - created < HOUR),
        "request": {
            "id": f"req_{key[:14]}" if is_request else None,
            "idempotency_key": key if is_request and drawn % 3 else None,
        },
        "type": mark.event,
    }


def event_data(book: Books, timeline: int, unit: int, part: int, *, is_older: bool) -> Json:
    """The object, and what an `updated` event says it was before (top-level fields)."""
    line = book.timelines[timeline]
    mark = marks_of(line.story(unit))[part]
    moment = line.at(unit, mark.lag)
    render = RENDERERS[mark.entity, timeline]
    found = render(book, unit, mark.part, moment)
    older = older_fields(book, unit, found["object"], moment) if is_older else {}
    data: Json = {"object": {**found, **older}}
    if mark.event.endswith((".updated", ".refunded")):
        before = render(book, unit, mark.part, moment - 1)
        data["previous_attributes"] = {
            name: value for name, value in before.items() if value != found[name]
        }
    return data


def older_fields(book: Books, unit: int, kind: str, moment: int) -> Json:
    """What API versions before the invoice payments carry in addition."""
    if kind not in ("charge", "payment_intent", "invoice"):
        return {}
    sale = book.sales.sale(unit)
    if kind != "invoice":
        return {"invoice": sale_id(book, "invoices", sale) if sale.story.billing else None}
    billing = billing_of(sale)
    if not has(book, sale, billing.finalized, moment):
        return {"charge": None, "paid": False, "payment_intent": None}
    intent = payment_intent(book, unit, 0, moment)
    return {
        "charge": intent["latest_charge"],
        "paid": intent["status"] == "succeeded",
        "payment_intent": intent["id"],
    }
