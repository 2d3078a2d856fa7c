from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.objects.refs import (
    customer_id,
    has,
    metadata,
    payment_method_id,
    sale_id,
)
from scripts.mock_api.payments.objects.refunds import refund
from scripts.mock_api.payments.payers import PaymentCard
from scripts.mock_api.payments.sales import Sale
from scripts.mock_api.payments.vocabulary import Decline, Json, skeleton, vocabulary

NO_ADDRESS: Json = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def charge(book: Books, unit: int, part: int, moment: int) -> Json:
    sale = book.sales.sale(unit)
    attempt = sale.story.attempts[part]
    is_paid = attempt.succeeds
    identity = sale_id(book, "charges", sale, part)
    dispute = sale.story.dispute
    email = book.payers.person(sale.payer).email
    return {
        **skeleton("charge"),
        "id": identity,
        "amount": sale.amount,
        "amount_captured": sale.amount if is_paid else 0,
        "balance_transaction": sale_id(book, "balance_transactions", sale) if is_paid else None,
        "billing_details": billing_details(book, sale),
        "calculated_statement_descriptor": "HALLMARK EXAMPLE SHOP",
        "captured": is_paid,
        "created": book.sales.timeline.at(unit, attempt.lag),
        "currency": sale.currency,
        "customer": customer_id(book, sale),
        "description": "Payment for Invoice" if sale.story.billing else product(sale),
        "disputed": is_paid and dispute is not None and has(book, sale, dispute.lag, moment),
        **outcome_fields(book, sale, part),
        "metadata": metadata(sale),
        "paid": is_paid,
        "payment_intent": sale_id(book, "payment_intents", sale),
        "payment_method": payment_method_id(book, sale),
        "payment_method_details": {
            "card": card_details(book, sale, attempt_declined=not is_paid),
            "type": "card",
        },
        "receipt_email": email if is_paid and unit % 2 else None,
        "receipt_number": f"{1000 + unit % 9000}-{unit % 10_000:04}"
        if is_paid and unit % 2
        else None,
        "receipt_url": f"https://pay.example.com/receipts/{identity}" if is_paid else None,
        **refund_fields(book, sale, part, identity, moment),
        "status": "succeeded" if is_paid else "failed",
    }


def product(sale: Sale) -> str:
    products = vocabulary().products
    return products[sale.unit % len(products)]


def billing_details(book: Books, sale: Sale) -> Json:
    person = book.payers.person(sale.payer)
    return {
        "address": person.address if sale.unit % 4 else NO_ADDRESS,
        "email": person.email,
        "name": person.name,
        "phone": person.phone if sale.unit % 5 == 0 else None,
        "tax_id": None,
    }


def decline_of(book: Books, sale: Sale, attempt: int) -> Decline:
    declines = vocabulary().declines
    return declines[book.world.number("decline", sale.unit, attempt) % len(declines)]


def outcome_fields(book: Books, sale: Sale, part: int) -> Json:
    """What the card networks said: `failure_*` and `outcome`."""
    if sale.story.attempts[part].succeeds:
        return {
            "failure_code": None,
            "failure_message": None,
            "outcome": {
                "advice_code": None,
                "network_advice_code": None,
                "network_decline_code": None,
                "network_status": "approved_by_network",
                "reason": None,
                "risk_level": "normal",
                "risk_score": sale.unit * 7 % 60,
                "seller_message": "Payment complete.",
                "type": "authorized",
            },
        }
    decline = decline_of(book, sale, part)
    is_risky = decline.type == "blocked"
    return {
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": {
            "advice_code": decline.advice,
            "network_advice_code": None,
            "network_decline_code": decline.network_code,
            "network_status": decline.network_status,
            "reason": decline.reason,
            "risk_level": "highest" if is_risky else "normal",
            "risk_score": 92 if is_risky else sale.unit * 7 % 60,
            "seller_message": decline.seller,
            "type": decline.type,
        },
    }


def card_details(book: Books, sale: Sale, *, attempt_declined: bool) -> Json:
    card = book.payers.card(sale.payer)
    return {
        **skeleton("card"),
        "amount_authorized": None if attempt_declined else sale.amount,
        "authorization_code": None if attempt_declined else f"{card.number % 1_000_000:06}",
        "brand": card.brand,
        "checks": {
            "address_line1_check": "pass" if sale.unit % 4 else None,
            "address_postal_code_check": "pass" if sale.unit % 4 else None,
            "cvc_check": "fail" if attempt_declined and sale.unit % 7 == 0 else "pass",
        },
        "country": card.country,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "last4": card.last4,
        "network": card.network,
        "network_transaction_id": None if attempt_declined else f"{card.number % 10**15:015}",
        "overcapture": {"maximum_amount_capturable": sale.amount, "status": "unavailable"},
        "three_d_secure": three_d_secure(sale),
        "wallet": wallet(card),
    }


def three_d_secure(sale: Sale) -> Json | None:
    if sale.unit % 4:
        return None
    return {
        "authentication_flow": "frictionless",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": f"3ds-{sale.unit:012}",
        "version": "2.2.0",
    }


def wallet(card: PaymentCard) -> Json | None:
    if card.wallet is None:
        return None
    dynamic = None if card.wallet == "link" else card.last4[::-1]
    return {"dynamic_last4": dynamic, "type": card.wallet, card.wallet: {}}


def refund_fields(book: Books, sale: Sale, part: int, identity: str, moment: int) -> Json:
    made = [
        number
        for number, planned in enumerate(sale.story.refunds)
        if sale.story.attempts[part].succeeds and has(book, sale, planned.lag, moment)
    ]
    total = sum(sale.refund_amount(number) for number in made)
    return {
        "amount_refunded": total,
        "refunded": bool(made) and total == sale.amount,
        "refunds": {
            "data": [refund(book, sale.unit, number, moment) for number in reversed(made)],
            "has_more": False,
            "object": "list",
            "url": f"/v1/charges/{identity}/refunds",
        },
    }
