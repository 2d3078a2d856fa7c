from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.objects.charges import decline_of
from scripts.mock_api.payments.objects.refs import (
    customer_id,
    has,
    metadata,
    payment_method_id,
    sale_id,
)
from scripts.mock_api.payments.sales import Sale
from scripts.mock_api.payments.vocabulary import Json, skeleton


def payment_intent(book: Books, unit: int, part: int, moment: int) -> Json:
    sale = book.sales.sale(unit)
    made = sum(has(book, sale, attempt.lag, moment) for attempt in sale.story.attempts)
    is_paid = has(book, sale, sale.story.paid, moment)
    canceled = canceled_lag(sale)
    is_canceled = has(book, sale, canceled, moment)
    unpaid = "canceled" if is_canceled else "requires_payment_method"
    status = "succeeded" if is_paid else unpaid
    identity = sale_id(book, "payment_intents", sale, part)
    return {
        **skeleton("payment_intent"),
        "id": identity,
        "amount": sale.amount,
        "amount_received": sale.amount if is_paid else 0,
        "canceled_at": book.sales.timeline.at(unit, canceled or 0) if is_canceled else None,
        "cancellation_reason": cancellation_reason(sale) if is_canceled else None,
        "client_secret": f"{identity}_{book.ids.number('secret', unit)}",
        "created": book.sales.timeline.at(unit, sale.story.intent_begins),
        "currency": sale.currency,
        "customer": customer_id(book, sale),
        "description": "Payment for Invoice" if sale.story.billing else None,
        "last_payment_error": payment_error(book, sale, made - 1) if made and not is_paid else None,
        "latest_charge": sale_id(book, "charges", sale, made - 1) if made else None,
        "metadata": metadata(sale),
        "payment_method": payment_method_id(book, sale) if is_paid else None,
        "receipt_email": None,
        "status": status,
    }


def canceled_lag(sale: Sale) -> int | None:
    """When an intent is canceled: by itself, or with the invoice that is voided."""
    billing = sale.story.billing
    return billing.ends if billing and billing.outcome == "void" else sale.story.canceled


def cancellation_reason(sale: Sale) -> str:
    return "void_invoice" if sale.story.billing else "abandoned"


def payment_error(book: Books, sale: Sale, attempt: int) -> Json:
    decline = decline_of(book, sale, attempt)
    return {
        "advice_code": decline.advice,
        "charge": sale_id(book, "charges", sale, attempt),
        "code": decline.code,
        "decline_code": decline.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "network_decline_code": decline.network_code,
        "type": "card_error",
    }
