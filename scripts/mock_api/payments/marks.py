"""Every change of every object of a story, in the order the real API announces them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from scripts.mock_api.payments.stories import (
    Billing,
    CustomerStory,
    Dispute,
    Mark,
    PayoutStory,
    SaleStory,
    Story,
)

TRANSACTIONS = "balance_transactions"


@lru_cache(maxsize=256)
def marks_of(story: Story) -> tuple[Mark, ...]:
    """By lag; a balance transaction's part is its position among those of the story."""
    match story:
        case SaleStory():
            marks = list(_sale(story))
        case CustomerStory():
            marks = list(_customer(story))
        case PayoutStory():
            marks = list(_payout(story))
    return tuple(sorted(marks, key=lambda mark: mark.lag))


def _customer(story: CustomerStory) -> Iterator[Mark]:
    yield Mark(0, "customers", 0, "customer.created", is_birth=True)
    for lag in (story.updated, story.delinquent):
        if lag is not None:
            yield Mark(lag, "customers", 0, "customer.updated")


def _payout(story: PayoutStory) -> Iterator[Mark]:
    yield Mark(0, TRANSACTIONS, 0, "", is_birth=True)
    yield Mark(0, "payouts", 0, "payout.created", is_birth=True)
    yield Mark(story.paid, "payouts", 0, "payout.paid")
    yield Mark(story.paid, "payouts", 0, "payout.reconciliation_completed")
    if story.failed is not None:
        yield Mark(story.failed, TRANSACTIONS, 1, "", is_birth=True)
        yield Mark(story.failed, "payouts", 0, "payout.failed")


def _sale(story: SaleStory) -> Iterator[Mark]:
    if story.billing:
        yield Mark(0, "invoices", 0, "invoice.created", is_birth=True)
        yield Mark(story.billing.finalized, "invoice_payments", 0, "", is_birth=True)
        yield Mark(story.billing.finalized, "invoices", 0, "invoice.finalized")
    yield Mark(story.intent_begins, "payment_intents", 0, "payment_intent.created", is_birth=True)
    yield from _attempts(story)
    if story.canceled is not None:
        yield Mark(story.canceled, "payment_intents", 0, "payment_intent.canceled")
    if story.billing:
        yield from _settled(story.billing)
    yield from _refunds(story)
    if story.dispute:
        yield from _disputed(story.dispute)


def _attempts(story: SaleStory) -> Iterator[Mark]:
    for part, attempt in enumerate(story.attempts):
        charge = "charge.succeeded" if attempt.succeeds else "charge.failed"
        intent = "succeeded" if attempt.succeeds else "payment_failed"
        yield Mark(attempt.lag, "charges", part, charge, is_birth=True)
        if attempt.succeeds:
            yield Mark(attempt.lag, TRANSACTIONS, 0, "", is_birth=True)
        yield Mark(attempt.lag, "payment_intents", 0, f"payment_intent.{intent}")
        if story.billing and not attempt.succeeds:
            yield Mark(attempt.lag, "invoices", 0, "invoice.payment_failed")


def _settled(billing: Billing) -> Iterator[Mark]:
    if billing.outcome == "void":
        yield Mark(billing.ends, "payment_intents", 0, "payment_intent.canceled")
        yield Mark(billing.ends, "invoice_payments", 0, "")
        yield Mark(billing.ends, "invoices", 0, "invoice.voided")
    elif billing.outcome == "uncollectible":
        yield Mark(billing.ends, "invoices", 0, "invoice.marked_uncollectible")
    else:
        yield Mark(billing.ends, "invoice_payments", 0, "invoice_payment.paid")
        yield Mark(billing.ends, "invoices", 0, "invoice.paid")


def _refunds(story: SaleStory) -> Iterator[Mark]:
    charge = len(story.attempts) - 1
    for part, refund in enumerate(story.refunds):
        yield Mark(refund.lag, "refunds", part, "refund.created", is_birth=True)
        yield Mark(refund.lag, "charges", charge, "charge.refunded")
        yield Mark(refund.settles, TRANSACTIONS, 1 + part, "", is_birth=True)
        if refund.pending:
            yield Mark(refund.settles, "refunds", part, "refund.updated")


def _disputed(dispute: Dispute) -> Iterator[Mark]:
    yield Mark(dispute.lag, "disputes", 0, "charge.dispute.created", is_birth=True)
    yield Mark(dispute.lag, TRANSACTIONS, 1, "", is_birth=True)
    yield Mark(dispute.lag, "disputes", 0, "charge.dispute.funds_withdrawn")
    yield Mark(dispute.answered, "disputes", 0, "charge.dispute.updated")
    yield Mark(dispute.closed, "disputes", 0, "charge.dispute.closed")
    if dispute.won:
        yield Mark(dispute.closed, TRANSACTIONS, 2, "", is_birth=True)
        yield Mark(dispute.closed, "disputes", 0, "charge.dispute.funds_reinstated")
