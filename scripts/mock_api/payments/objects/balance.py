"""What moves the balance: transactions of sales, payouts and their transactions."""

from __future__ import annotations

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.ids import PAYOUT_LINE, Place
from scripts.mock_api.payments.marks import TRANSACTIONS, marks_of
from scripts.mock_api.payments.objects.refs import sale_id
from scripts.mock_api.payments.payouts import available_on
from scripts.mock_api.payments.sales import Entry, Sale
from scripts.mock_api.payments.stories import DAY
from scripts.mock_api.payments.vocabulary import Json, skeleton

SOURCES = {"charge": "charges", "refund": "refunds", "adjustment": "disputes"}


def sale_transaction(book: Books, unit: int, part: int, moment: int) -> Json:
    sale = book.sales.sale(unit)
    entry = book.sales.entry(unit, part)
    births = (mark for mark in marks_of(sale.story) if mark.entity == TRANSACTIONS)
    lag = next(mark.lag for mark in births if mark.part == part)
    created = book.sales.timeline.at(unit, lag)
    available = available_on(created)
    return {
        **skeleton("balance_transaction"),
        "id": sale_id(book, TRANSACTIONS, sale, part),
        "amount": entry.amount,
        "available_on": available,
        "created": created,
        "currency": sale.currency,
        "description": description(book, sale, entry),
        "fee": entry.fee,
        "fee_details": fee_details(sale, entry),
        "net": entry.net,
        "reporting_category": category(entry),
        "source": sale_id(book, SOURCES[entry.kind], sale, entry.part),
        "status": "available" if available <= moment else "pending",
        "type": entry.kind,
    }


def category(entry: Entry) -> str:
    if entry.kind == "adjustment":
        return "dispute" if entry.amount < 0 else "dispute_reversal"
    return entry.kind


def description(book: Books, sale: Sale, entry: Entry) -> str | None:
    charge = sale_id(book, "charges", sale, len(sale.story.attempts) - 1)
    match category(entry):
        case "dispute":
            return f"Chargeback withdrawal for {charge}"
        case "dispute_reversal":
            return f"Chargeback reversal for {charge}"
        case "refund":
            return f"REFUND FOR CHARGE ({charge})"
        case _:
            return "Payment for Invoice" if sale.story.billing else None


def fee_details(sale: Sale, entry: Entry) -> list[Json]:
    if not entry.fee:
        return []
    text = "Dispute fee" if entry.kind == "adjustment" else "Stripe processing fees"
    return [
        {
            "amount": entry.fee,
            "application": None,
            "currency": sale.currency,
            "description": text,
            "type": "stripe_fee",
        }
    ]


def payout(book: Books, unit: int, part: int, moment: int) -> Json:
    payouts = book.payouts
    created = payouts.timeline.at(unit)
    story = payouts.timeline.story(unit)
    is_paid = payouts.timeline.at(unit, story.paid) <= moment
    is_failed = story.failed is not None and payouts.timeline.at(unit, story.failed) <= moment
    trace = f"{book.world.number('trace', unit) % 10**15:015}"
    return {
        **skeleton("payout"),
        "id": book.id("payouts", Place(PAYOUT_LINE, unit, part)),
        "amount": payouts.amount(unit),
        "arrival_date": (created // DAY + 2) * DAY,
        "balance_transaction": payout_transaction_id(book, unit, 0),
        "created": created,
        "currency": payouts.currency(unit),
        "destination": book.ids.number("ba", unit % len(payouts.currencies)),
        **(failure_fields(book, unit) if is_failed else {}),
        "reconciliation_status": "completed" if is_paid else "in_progress",
        "status": "failed" if is_failed else "paid" if is_paid else "in_transit",
        "trace_id": {
            "status": "supported" if is_paid else "pending",
            "value": trace if is_paid else None,
        },
    }


def failure_fields(book: Books, unit: int) -> Json:
    return {
        "failure_balance_transaction": payout_transaction_id(book, unit, 1),
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed.",
    }


def payout_transaction_id(book: Books, unit: int, part: int) -> str:
    return book.id(TRANSACTIONS, Place(PAYOUT_LINE, unit, part))


def payout_transaction(book: Books, unit: int, part: int, moment: int) -> Json:
    """Part 0 takes the payout from the balance, part 1 gives it back when it failed."""
    payouts = book.payouts
    is_return = part == 1
    lag = payouts.timeline.story(unit).failed if is_return else 0
    created = payouts.timeline.at(unit, lag or 0)
    amount = payouts.amount(unit) if is_return else -payouts.amount(unit)
    return {
        **skeleton("balance_transaction"),
        "id": payout_transaction_id(book, unit, part),
        "amount": amount,
        "available_on": created,
        "created": created,
        "currency": payouts.currency(unit),
        "description": "STRIPE PAYOUT FAILURE" if is_return else "STRIPE PAYOUT",
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": "payout_reversal" if is_return else "payout",
        "source": book.id("payouts", Place(PAYOUT_LINE, unit, 0)),
        "status": "available",
        "type": "payout_failure" if is_return else "payout",
    }
