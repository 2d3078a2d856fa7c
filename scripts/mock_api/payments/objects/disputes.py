from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.objects.balance import sale_transaction
from scripts.mock_api.payments.objects.refs import has, sale_id
from scripts.mock_api.payments.sales import Sale
from scripts.mock_api.payments.stories import DAY, Dispute
from scripts.mock_api.payments.vocabulary import Json, skeleton, vocabulary


def dispute(book: Books, unit: int, part: int, moment: int) -> Json:
    sale = book.sales.sale(unit)
    planned = sale.story.dispute
    if planned is None:
        raise LookupError(f"sale {unit} is not disputed")
    created = book.sales.timeline.at(unit, planned.lag)
    status = status_of(book, sale, planned, moment)
    card = book.payers.card(sale.payer)
    reasons = vocabulary().dispute_reasons
    moved = (1, 2) if status == "won" else (1,)
    has_evidence = has(book, sale, planned.answered, moment)
    return {
        **skeleton("dispute"),
        "id": sale_id(book, "disputes", sale, part),
        "amount": sale.amount,
        "balance_transactions": [sale_transaction(book, unit, each, moment) for each in moved],
        "charge": sale_id(book, "charges", sale, len(sale.story.attempts) - 1),
        "created": created,
        "currency": sale.currency,
        "evidence_details": {
            "due_by": (created // DAY + 11) * DAY - 1,
            "enhanced_eligibility": {},
            "has_evidence": has_evidence,
            "past_due": False,
            "submission_count": int(has_evidence),
        },
        "metadata": {},
        "payment_intent": sale_id(book, "payment_intents", sale),
        "payment_method_details": {
            "card": {
                "brand": card.brand,
                "case_type": "chargeback",
                "network": card.network,
                "network_reason_code": card.reason,
            },
            "type": "card",
        },
        "reason": reasons[unit % len(reasons)],
        "status": status,
    }


def status_of(book: Books, sale: Sale, planned: Dispute, moment: int) -> str:
    if has(book, sale, planned.closed, moment):
        return "won" if planned.won else "lost"
    is_answered = has(book, sale, planned.answered, moment)
    return "under_review" if is_answered else "needs_response"
