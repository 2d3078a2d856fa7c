"""What a sale is worth and what it does to the balance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from scripts.mock_api.payments.payers import GUEST, REGISTERED, Payer, Payers
from scripts.mock_api.payments.stories import SaleStory
from scripts.mock_api.payments.timeline import Timeline
from scripts.mock_api.payments.vocabulary import Draws, vocabulary
from scripts.mock_api.world import World

GUESTS_PERCENT = 12


@dataclass(frozen=True)
class Sale:
    """One sale; `amount` and all other money in minor units of `currency`."""

    unit: int
    story: SaleStory
    begins: int
    payer: Payer
    currency: str
    amount: int

    @property
    def customer(self) -> int | None:
        return self.payer.unit if self.payer.kind == REGISTERED else None

    def refund_amount(self, part: int) -> int:
        """A partial refund is rounded down to what the currency allows."""
        percent = self.story.refunds[part].percent
        step = vocabulary().currencies[self.currency].step
        return self.amount if percent == 100 else self.amount * percent // 100 // step * step


@dataclass(frozen=True)
class Entry:
    """One line of the balance: `kind` is the transaction's type, `part` that of its source."""

    kind: str
    part: int
    amount: int
    fee: int

    @property
    def net(self) -> int:
        return self.amount - self.fee


class Sales:
    def __init__(self, world: World, timeline: Timeline[SaleStory], payers: Payers) -> None:
        self.world = world
        self.timeline = timeline
        self.payers = payers
        self.sale = lru_cache(maxsize=16384)(self._sale)

    def _sale(self, unit: int) -> Sale:
        story = self.timeline.story(unit)
        begins = self.timeline.at(unit)
        draws = Draws(self.world.number("money", unit))
        payer = self._payer(unit, story, begins, draws)
        code = self.payers.currency(payer)
        currency = vocabulary().currencies[code]
        skew = draws.below(1000) * draws.below(1000)
        amount = currency.low + (currency.high - currency.low) * skew // 998_001
        amount -= amount % currency.step
        return Sale(unit, story, begins, payer, code, amount)

    def _payer(self, unit: int, story: SaleStory, begins: int, draws: Draws) -> Payer:
        is_guest = draws.below(100) < GUESTS_PERCENT
        customer = draws.below(self.payers.registered_before(begins))
        if is_guest and not story.billing:
            return Payer(GUEST, unit)
        return Payer(REGISTERED, customer)

    def entry(self, unit: int, part: int) -> Entry:
        """The balance transaction number `part` of a sale."""
        sale = self.sale(unit)
        terms = vocabulary()
        currency = terms.currencies[sale.currency]
        if part == 0:
            fee = (sale.amount * terms.fee_per_mille + 500) // 1000 + currency.fixed
            return Entry("charge", len(sale.story.attempts) - 1, sale.amount, fee)
        if sale.story.dispute is None:
            return Entry("refund", part - 1, -sale.refund_amount(part - 1), 0)
        if part == 1:
            return Entry("adjustment", 0, -sale.amount, currency.dispute)
        return Entry("adjustment", 0, sale.amount, 0)
