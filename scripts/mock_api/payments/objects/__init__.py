"""One renderer for each kind of object: how it looks at a moment, in the shapes of 2026."""

from __future__ import annotations

from collections.abc import Callable

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.objects.balance import payout, payout_transaction, sale_transaction
from scripts.mock_api.payments.objects.charges import charge
from scripts.mock_api.payments.objects.customers import customer
from scripts.mock_api.payments.objects.disputes import dispute
from scripts.mock_api.payments.objects.invoices import invoice, invoice_payment
from scripts.mock_api.payments.objects.payment_intents import payment_intent
from scripts.mock_api.payments.objects.refunds import refund
from scripts.mock_api.payments.vocabulary import Json

Renderer = Callable[[Books, int, int, int], Json]

CUSTOMERS, SALES, PAYOUTS = range(3)

RENDERERS: dict[tuple[str, int], Renderer] = {
    ("customers", CUSTOMERS): customer,
    ("payment_intents", SALES): payment_intent,
    ("charges", SALES): charge,
    ("invoices", SALES): invoice,
    ("invoice_payments", SALES): invoice_payment,
    ("refunds", SALES): refund,
    ("disputes", SALES): dispute,
    ("balance_transactions", SALES): sale_transaction,
    ("payouts", PAYOUTS): payout,
    ("balance_transactions", PAYOUTS): payout_transaction,
}
