from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.objects.charges import product
from scripts.mock_api.payments.objects.refs import customer_id, has, metadata, sale_id
from scripts.mock_api.payments.sales import Sale
from scripts.mock_api.payments.stories import Billing, Outcome
from scripts.mock_api.payments.vocabulary import Json, skeleton

ENDED: dict[Outcome, str] = {
    "paid": "paid_at",
    "void": "voided_at",
    "uncollectible": "marked_uncollectible_at",
}


def billing_of(sale: Sale) -> Billing:
    if sale.story.billing is None:
        raise LookupError(f"sale {sale.unit} has no invoice")
    return sale.story.billing


def invoice(book: Books, unit: int, part: int, moment: int) -> Json:
    sale = book.sales.sale(unit)
    billing = billing_of(sale)
    is_final = has(book, sale, billing.finalized, moment)
    is_ended = has(book, sale, billing.ends, moment)
    status = billing.outcome if is_ended else "open" if is_final else "draft"
    attempts = sum(has(book, sale, attempt.lag, moment) for attempt in sale.story.attempts)
    identity = sale_id(book, "invoices", sale, part)
    page = f"https://invoice.example.com/i/{identity}"
    finalized_at = book.sales.timeline.at(unit, billing.finalized)
    return {
        **skeleton("invoice"),
        "id": identity,
        "attempt_count": attempts,
        "attempted": attempts > 0,
        "auto_advance": status in ("draft", "open"),
        "automatically_finalizes_at": None if is_final else finalized_at,
        "created": sale.begins,
        "currency": sale.currency,
        "customer": customer_id(book, sale),
        **customer_fields(book, sale),
        "description": None,
        "effective_at": finalized_at if is_final else None,
        "ending_balance": 0 if is_final else None,
        "hosted_invoice_url": page if is_final else None,
        "invoice_pdf": f"{page}/pdf" if is_final else None,
        "lines": lines(book, sale, identity),
        "metadata": metadata(sale),
        "number": invoice_number(book, sale) if is_final else None,
        "period_end": sale.begins,
        "period_start": sale.begins,
        "status": status,
        "status_transitions": transitions(book, sale, billing, moment),
        **amounts(sale, is_paid=status == "paid"),
        "webhooks_delivered_at": sale.begins,
    }


def amounts(sale: Sale, *, is_paid: bool) -> Json:
    totals = ("amount_due", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax")
    return {
        **dict.fromkeys(totals, sale.amount),
        "amount_paid": sale.amount if is_paid else 0,
        "amount_remaining": 0 if is_paid else sale.amount,
    }


def customer_fields(book: Books, sale: Sale) -> Json:
    person = book.payers.person(sale.payer)
    return {
        "customer_address": person.address,
        "customer_email": person.email,
        "customer_name": person.name,
        "customer_phone": None,
    }


def transitions(book: Books, sale: Sale, billing: Billing, moment: int) -> Json:
    def reached(lag: int) -> int | None:
        return book.sales.timeline.at(sale.unit, lag) if has(book, sale, lag, moment) else None

    return {
        "finalized_at": reached(billing.finalized),
        **dict.fromkeys(ENDED.values()),
        ENDED[billing.outcome]: reached(billing.ends),
    }


def invoice_number(book: Books, sale: Sale) -> str:
    prefix = book.world.number("invoice prefix", sale.payer.unit) % 2**32
    return f"{prefix:08X}-{sale.unit:06}"


def lines(book: Books, sale: Sale, invoice_id: str) -> Json:
    line = {
        **skeleton("line_item"),
        "amount": sale.amount,
        "currency": sale.currency,
        "description": product(sale),
        "id": book.ids.number("il", sale.unit),
        "invoice": invoice_id,
        "parent": {
            "invoice_item_details": {
                "invoice_item": book.ids.number("ii", sale.unit),
                "proration": False,
                "proration_details": None,
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": {"end": sale.begins, "start": sale.begins},
        "pricing": {
            "price_details": {
                "price": book.ids.number("price", sale.unit % 6),
                "product": book.ids.number("prod", sale.unit % 6),
            },
            "type": "price_details",
            "unit_amount_decimal": str(sale.amount),
        },
        "subtotal": sale.amount,
    }
    url = f"/v1/invoices/{invoice_id}/lines"
    return {"data": [line], "has_more": False, "object": "list", "url": url}


def invoice_payment(book: Books, unit: int, part: int, moment: int) -> Json:
    sale = book.sales.sale(unit)
    billing = billing_of(sale)
    has_ended = billing.outcome != "uncollectible" and has(book, sale, billing.ends, moment)
    ended_at = book.sales.timeline.at(unit, billing.ends) if has_ended else None
    is_paid = has_ended and billing.outcome == "paid"
    return {
        **skeleton("invoice_payment"),
        "id": sale_id(book, "invoice_payments", sale, part),
        "amount_paid": sale.amount if is_paid else None,
        "amount_requested": sale.amount,
        "created": book.sales.timeline.at(unit, billing.finalized),
        "currency": sale.currency,
        "invoice": sale_id(book, "invoices", sale),
        "payment": {
            "payment_intent": sale_id(book, "payment_intents", sale),
            "type": "payment_intent",
        },
        "status": "paid" if is_paid else "canceled" if has_ended else "open",
        "status_transitions": {
            "canceled_at": None if is_paid else ended_at,
            "paid_at": ended_at if is_paid else None,
        },
    }
