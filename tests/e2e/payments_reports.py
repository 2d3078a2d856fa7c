"""What the reports on payments must show, computed from the API's objects alone.

Each function gives the rows of one table as tuples.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from tests.e2e.payments_books import Books, Json, day_of, kind_of, paid_out
from tests.e2e.payments_gold import Row


def rpt_daily_revenue(books: Books) -> Iterator[Row]:
    sums: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)

    def add(row: Json, **amounts: int) -> None:
        sums[day_of(row), row["currency"]].update(amounts)

    for row in books.all("charges"):
        if row["paid"]:
            add(row, payments=1, gross=row["amount_captured"])
    for row in books.all("refunds"):
        add(row, refunds=1, refunded=row["amount"])
    for row in books.all("disputes"):
        add(row, disputes=1, lost=row["amount"] * (row["status"] == "lost"))
    for row in books.all("balance_transactions"):
        moved = {-1: "withdrawn", 1: "reinstated"}[1 if row["amount"] > 0 else -1]
        if kind_of(row) == "dispute":
            add(row, **{moved: abs(row["amount"])})
        if kind_of(row) != "payout":
            add(row, fee=row["fee"], net=row["net"])
    names = ("payments", "gross", "refunds", "refunded", "disputes", "lost")
    names += ("withdrawn", "reinstated", "fee", "net")
    for (day, currency), found in sums.items():
        yield (day, currency, *(found[name] for name in names))


def rpt_payment_success(books: Books) -> Iterator[Row]:
    attempts = Counter(
        (day_of(row).replace(day=1), row["currency"], row["failure_code"] or "none")
        for row in books.all("charges")
    )
    for (month, currency, code), count in attempts.items():
        same = {key: each for key, each in attempts.items() if key[:2] == (month, currency)}
        successes = same.get((month, currency, "none"), 0)
        yield month, currency, "card", code, count, sum(same.values()), successes


def rpt_payout_reconciliation(books: Books) -> Iterator[Row]:
    found = paid_out(books)
    for payout in books.all("payouts"):
        part = found[payout["id"]]
        by_kind = [part.amounts[kind] for kind in ("charge", "refund", "dispute", "payout")]
        difference = payout["amount"] - sum(by_kind) + part.fee
        yield (payout["id"], payout["amount"], part.entries, *by_kind, part.fee, difference)


def rpt_invoice_ageing(books: Books, today: date) -> Iterator[Row]:
    buckets: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in books.all("invoices"):
        if row["status"] == "open":
            due = row["due_date"] or row["status_transitions"]["finalized_at"]
            days = (today - datetime.fromtimestamp(due, UTC).date()).days
            buckets[row["currency"], _bucket(days)].append(row["amount_remaining"])
    for (currency, bucket), amounts in buckets.items():
        yield today, currency, bucket, len(amounts), sum(amounts)


def _bucket(days: int) -> str:
    ends = {0: "not due", 30: "1-30", 60: "31-60", 90: "61-90"}
    return next((name for end, name in ends.items() if days <= end), "over 90")


REPORTS: dict[Callable[[Books], Iterator[Row]], str] = {
    rpt_daily_revenue: "revenue_date, currency, successful_payment_count, gross_amount, "
    "refund_count, refunded_amount, dispute_count, disputes_lost_amount, "
    "disputes_withdrawn_amount, disputes_reinstated_amount, fee_amount, net_amount",
    rpt_payment_success: "payment_month, currency, payment_method_type, failure_code, "
    "attempt_count, method_attempt_count, method_success_count",
    rpt_payout_reconciliation: "payout_id, amount, entry_count, charges_amount, refunds_amount, "
    "disputes_amount, payouts_amount, fee_amount, difference_amount",
}
"""The columns that each function's tuples stand for."""

AGEING = "as_of_date, currency, overdue_days_bucket, invoice_count, amount_remaining"
