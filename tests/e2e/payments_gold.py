"""What the facts of payments must hold, computed from the API's objects alone.

Each function gives the rows of one table as tuples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.e2e.payments_books import Books, Json, day_of, kind_of

Row = tuple[Any, ...]


def _net(rows: list[Json]) -> int | None:
    return sum(row["net"] for row in rows) if rows else None


def _invoices(books: Books) -> dict[str, str]:
    """The invoice of each payment intent."""
    return {
        row["payment"]["payment_intent"]: row["invoice"]
        for row in books.all("invoice_payments")
        if row["status"] != "canceled"
    }


def fct_payments(books: Books) -> Iterator[Row]:
    invoices = _invoices(books)
    for charge in books.all("charges"):
        claims = books.claims[charge["id"]]
        bookings = [row for each in (charge, *claims) for row in books.bookings.get(each["id"], [])]
        disputes = [claim for claim in claims if claim["object"] == "dispute"]
        lost = sum(claim["amount"] for claim in disputes if claim["status"] != "won")
        own = books.objects["balance_transactions"].get(charge["balance_transaction"], {})
        yield (
            charge["id"],
            invoices.get(charge["payment_intent"]),
            charge["customer"],
            charge["currency"],
            charge["status"],
            charge["amount_captured"],
            charge["amount_refunded"],
            len(claims) - len(disputes),
            sum(claim["amount"] for claim in disputes),
            lost,
            charge["amount_captured"] - charge["amount_refunded"] - lost,
            own.get("fee"),
            own.get("net"),
            sum(row["fee"] for row in bookings) if bookings else None,
            _net(bookings),
            charge["disputed"],
        )


def fct_balance_transactions(books: Books) -> Iterator[Row]:
    for row in books.all("balance_transactions"):
        yield (
            row["id"],
            row["source"],
            books.charge_of(row),
            kind_of(row),
            row["currency"],
            row["status"],
            row["amount"],
            row["fee"],
            row["net"],
        )


def fct_refunds(books: Books) -> Iterator[Row]:
    for row in books.all("refunds"):
        net = _net(books.bookings.get(row["id"], []))
        given_back = row["status"] in ("pending", "succeeded")
        yield (
            row["id"],
            row["charge"],
            row["customer"],
            row["currency"],
            row["status"],
            row["amount"],
            net,
            given_back,
        )


def fct_disputes(books: Books) -> Iterator[Row]:
    for row in books.all("disputes"):
        is_won = row["status"] == "won"
        net = _net(books.bookings[row["id"]])
        restored = row["amount"] * is_won
        yield (
            row["id"],
            row["charge"],
            row["currency"],
            row["status"],
            row["amount"],
            row["amount"],
            restored,
            net,
            not is_won,
        )


def fct_payouts(books: Books) -> Iterator[Row]:
    for row in books.all("payouts"):
        returned = row["amount"] * (row["status"] == "failed")
        yield (
            row["id"],
            row["currency"],
            row["status"],
            row["failure_code"],
            row["amount"],
            row["amount"],
            returned,
            day_of(row),
        )


def fct_invoices(books: Books) -> Iterator[Row]:
    invoices = _invoices(books)
    attempts: Counter[tuple[str | None, bool]] = Counter(
        (invoices.get(charge["payment_intent"]), charge["paid"]) for charge in books.all("charges")
    )
    for row in books.all("invoices"):
        yield (
            row["id"],
            row["currency"],
            row["status"],
            row["amount_due"],
            row["amount_paid"],
            row["amount_remaining"],
            attempts[row["id"], True],
            attempts[row["id"], False],
        )


def dim_customers(books: Books) -> Iterator[Row]:
    attempts: Counter[tuple[str, bool]] = Counter(
        (charge["customer"], charge["paid"]) for charge in books.all("charges")
    )
    for row in books.all("customers"):
        yield row["id"], row["delinquent"], attempts[row["id"], True], attempts[row["id"], False]


FACTS: dict[Callable[[Books], Iterator[Row]], str] = {
    fct_payments: "charge_id, invoice_id, customer_id, currency, status, amount_captured, "
    "amount_refunded, refund_count, amount_disputed, amount_withdrawn, amount_kept, fee, net, "
    "total_fee, total_net, is_disputed",
    fct_balance_transactions: "balance_transaction_id, source_id, charge_id, source_type, "
    "currency, status, amount, fee, net",
    fct_refunds: "refund_id, charge_id, customer_id, currency, status, amount, net, is_given_back",
    fct_disputes: "dispute_id, charge_id, currency, status, amount, amount_taken, "
    "amount_restored, net, is_withdrawn",
    fct_payouts: "payout_id, currency, status, failure_code, amount, amount_booked, "
    "amount_returned, created_date",
    fct_invoices: "invoice_id, currency, status, amount_due, amount_paid, amount_remaining, "
    "successful_payment_count, failed_payment_count",
    dim_customers: "customer_id, is_delinquent, successful_payment_count, failed_payment_count",
}
"""The columns that each function's tuples stand for."""
