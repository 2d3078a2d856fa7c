"""One renderer for each kind of object: how it looks at a moment, in the shapes of 2026."""

from __future__ import annotations

from collections.abc import Callable

from scripts.mock_api.payments.books import Books
from scripts.mock_api.payments.ids import CUSTOMER_LINE, PAYOUT_LINE, SALE_LINE
from scripts.mock_api.payments.objects.balance import payout, payout_transaction, sale_transaction
from scripts.mock_api.payments.objects.charges import charge
from scripts.mock_api.payments.objects.customers import customer
from scripts.mock_api.payments.objects.disputes import dispute
from scripts.mock_api.payments.objects.invoices import invoice, invoice_payment
from scripts.mock_api.payments.objects.payment_intents import payment_intent
from scripts.mock_api.payments.objects.refunds import refund
from scripts.mock_api.payments.vocabulary import Json

Renderer = Callable[[Books, int, int, int], Json]

RENDERERS: dict[tuple[str, int], Renderer] = {
    ("customers", CUSTOMER_LINE): customer,
    ("payment_intents", SALE_LINE): payment_intent,
    ("charges", SALE_LINE): charge,
    ("invoices", SALE_LINE): invoice,
    ("invoice_payments", SALE_LINE): invoice_payment,
    ("refunds", SALE_LINE): refund,
    ("disputes", SALE_LINE): dispute,
    ("balance_transactions", SALE_LINE): sale_transaction,
    ("payouts", PAYOUT_LINE): payout,
    ("balance_transactions", PAYOUT_LINE): payout_transaction,
}
