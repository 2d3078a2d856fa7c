"""What can happen to a customer, a sale and a payout, and how often: the lifecycle as data.

All lags are seconds after the unit's beginning. Lags of a day and more are drawn out by up to an
hour (see `timeline`), so marks beyond the first day stand at least two hours apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MINUTE, HOUR, DAY = 60, 3600, 86400

Outcome = Literal["paid", "void", "uncollectible"]


@dataclass(frozen=True)
class Mark:
    """One change of one object: when, to what, announced by which event ("" for none)."""

    lag: int
    entity: str
    part: int
    event: str
    is_birth: bool = False


@dataclass(frozen=True)
class Attempt:
    lag: int
    succeeds: bool


@dataclass(frozen=True)
class Refund:
    """`percent` of the charge goes back; a refund with `pending` seconds is pending that long."""

    lag: int
    percent: int
    pending: int = 0

    @property
    def settles(self) -> int:
        return self.lag + self.pending


@dataclass(frozen=True)
class Dispute:
    lag: int
    answered: int
    closed: int
    won: bool


@dataclass(frozen=True)
class Billing:
    """An invoice: draft at once, finalized (with its payment intent) later, then `outcome`."""

    finalized: int
    ends: int
    outcome: Outcome


@dataclass(frozen=True)
class SaleStory:
    weight: int
    attempts: tuple[Attempt, ...] = ()
    refunds: tuple[Refund, ...] = ()
    dispute: Dispute | None = None
    billing: Billing | None = None
    canceled: int | None = None

    @property
    def intent_begins(self) -> int:
        return self.billing.finalized if self.billing else 0

    @property
    def paid(self) -> int | None:
        """Seconds until the payment intent has succeeded, None when it never does."""
        return next((attempt.lag for attempt in self.attempts if attempt.succeeds), None)


@dataclass(frozen=True)
class CustomerStory:
    weight: int
    updated: int | None = None
    delinquent: int | None = None


@dataclass(frozen=True)
class PayoutStory:
    """`failed`: the bank sends it back, although it was already paid."""

    weight: int
    paid: int
    failed: int | None = None


Story = SaleStory | CustomerStory | PayoutStory

PAID = (Attempt(3, True),)
RETRIED = (Attempt(4, False), Attempt(4 + 7 * MINUTE, True))
INVOICED = (Attempt(2 * DAY, True),)

SALES: tuple[SaleStory, ...] = (
    SaleStory(110, PAID),
    SaleStory(5, (Attempt(3, False),)),
    SaleStory(2, (Attempt(5, False), Attempt(90, False)), canceled=DAY),
    SaleStory(6, RETRIED),
    SaleStory(3, canceled=DAY),
    SaleStory(4, PAID, (Refund(2 * HOUR, 100),)),
    SaleStory(4, PAID, (Refund(DAY + 5 * HOUR, 100),)),
    SaleStory(3, PAID, (Refund(3 * DAY + 9 * HOUR, 100, 5 * DAY),)),
    SaleStory(2, RETRIED, (Refund(8 * DAY, 40),)),
    SaleStory(4, PAID, (Refund(5 * DAY, 25), Refund(9 * DAY + HOUR, 35, 3 * DAY))),
    SaleStory(2, PAID, (Refund(19 * DAY, 100),)),
    SaleStory(2, PAID, dispute=Dispute(6 * DAY, 8 * DAY, 15 * DAY, won=True)),
    SaleStory(2, PAID, dispute=Dispute(9 * DAY, 11 * DAY, 20 * DAY, won=False)),
    SaleStory(1, PAID, dispute=Dispute(12 * DAY, 16 * DAY, 21 * DAY, won=False)),
    SaleStory(24, INVOICED, billing=Billing(HOUR, 2 * DAY, "paid")),
    SaleStory(10, INVOICED, billing=Billing(20 * HOUR, 2 * DAY, "paid")),
    SaleStory(
        4,
        (Attempt(2 * DAY, False), Attempt(5 * DAY, True)),
        billing=Billing(HOUR, 5 * DAY, "paid"),
    ),
    SaleStory(4, INVOICED, (Refund(7 * DAY, 50),), billing=Billing(2 * HOUR, 2 * DAY, "paid")),
    SaleStory(5, billing=Billing(HOUR, 4 * DAY, "void")),
    SaleStory(
        3,
        (Attempt(2 * DAY, False), Attempt(5 * DAY, False)),
        billing=Billing(HOUR, 14 * DAY, "uncollectible"),
    ),
)

CUSTOMERS: tuple[CustomerStory, ...] = (
    CustomerStory(29),
    CustomerStory(5, updated=3 * DAY),
    CustomerStory(4, updated=17 * DAY),
    CustomerStory(1, delinquent=12 * DAY),
    CustomerStory(1, updated=6 * DAY, delinquent=20 * DAY),
)

RETURNED_AFTER_DAYS = 4
PAYOUTS: tuple[PayoutStory, ...] = (
    PayoutStory(12, paid=2 * DAY),
    PayoutStory(1, paid=2 * DAY, failed=RETURNED_AFTER_DAYS * DAY - 2 * HOUR),
)
