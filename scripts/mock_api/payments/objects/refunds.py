from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.objects.refs import customer_id, has, payment_method_id, sale_id
from scripts.mock_api.payments.vocabulary import Json, skeleton, vocabulary


def refund(book: Books, unit: int, part: int, moment: int) -> Json:
    sale = book.sales.sale(unit)
    planned = sale.story.refunds[part]
    is_settled = has(book, sale, planned.settles, moment)
    reasons = vocabulary().refund_reasons
    return {
        **skeleton("refund"),
        "id": sale_id(book, "refunds", sale, part),
        "amount": sale.refund_amount(part),
        "balance_transaction": sale_id(book, "balance_transactions", sale, 1 + part)
        if is_settled
        else None,
        "charge": sale_id(book, "charges", sale, len(sale.story.attempts) - 1),
        "created": book.sales.timeline.at(unit, planned.lag),
        "currency": sale.currency,
        "customer": customer_id(book, sale),
        "destination_details": {
            "card": {
                "reference": f"{book.world.number('reference', unit, part) % 10**11:011}",
                "reference_status": "available" if is_settled else "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {"ticket": f"T-{unit:06}"} if unit % 2 else {},
        "payment_intent": sale_id(book, "payment_intents", sale),
        "payment_method": payment_method_id(book, sale),
        "reason": reasons[(unit + part) % len(reasons)],
        "receipt_number": None,
        "status": "succeeded" if is_settled else "pending",
    }
