"""What is paid out, each day and currency: exactly the balance that has become available."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from scripts.mock_api.payments.ids import PAYOUT_LINE
from scripts.mock_api.payments.marks import TRANSACTIONS
from scripts.mock_api.payments.sales import Sales
from scripts.mock_api.payments.stories import (
    DAY,
    HOUR,
    PAYOUTS,
    RETURNED_AFTER_DAYS,
    PayoutStory,
    SaleStory,
)
from scripts.mock_api.payments.timeline import Pace, Stream, Timeline, streams_of
from scripts.mock_api.payments.vocabulary import vocabulary
from scripts.mock_api.world import World

AVAILABLE_AFTER_DAYS = 2
SETTLED_ENTRIES = 200


def available_on(created: int) -> int:
    """00:00 UTC of the second day after a balance transaction was made."""
    return (created // DAY + AVAILABLE_AFTER_DAYS) * DAY


@dataclass(frozen=True)
class DayNet:
    """Net and number of the balance transactions that became available on a day, by currency.

    What failed payouts gave back is available at once, hence on the day of the next payout.
    """

    net: Counter[str]
    entries: Counter[str]


class Payouts:
    """Payout number n is that of day n // currencies; it exists when its amount is above 0."""

    def __init__(self, world: World, start: int, sales: Sales) -> None:
        self.start, self.sales = start, sales
        self.currencies = list(vocabulary().currencies)
        self.timeline: Timeline[PayoutStory] = Timeline(
            world,
            number=PAYOUT_LINE,
            name="payout",
            start=start + HOUR,
            pace=Pace(step=DAY / len(self.currencies)),
            stories=PAYOUTS,
            jitter=False,
            exists=lambda unit: self.amount(unit) > 0,
        )
        self.day_net = lru_cache(maxsize=8192)(self._day_net)
        self.balance = lru_cache(maxsize=65536)(self._balance)

    def currency(self, unit: int) -> str:
        return self.currencies[unit % len(self.currencies)]

    def amount(self, unit: int) -> int:
        return max(0, self.balance(unit // len(self.currencies), self.currency(unit)))

    def _balance(self, day: int, currency: str) -> int:
        """What is available before the payout of `day`: a negative rest is carried over.

        The walk back ends where a day surely covered any rest before it: a positive day with
        SETTLED_ENTRIES entries or more. So a large world need not add up its whole history.
        """
        since = day
        while since > 0 and not self._is_settled(since - 1, currency):
            since -= 1
        rest = 0
        for each in range(since, day):
            rest = min(0, rest + self.day_net(each).net[currency])
        return rest + self.day_net(day).net[currency]

    def _is_settled(self, day: int, currency: str) -> bool:
        total = self.day_net(day)
        return total.entries[currency] >= SETTLED_ENTRIES and total.net[currency] > 0

    @cached_property
    def _streams(self) -> list[Stream[SaleStory]]:
        return streams_of(
            self.sales.timeline, lambda mark: mark.is_birth and mark.entity == TRANSACTIONS, first=0
        )

    def _day_net(self, day: int) -> DayNet:
        total = DayNet(Counter(), Counter())
        begins = self.start + (day - AVAILABLE_AFTER_DAYS) * DAY
        for stream in self._streams:
            for index in range(stream.until(begins - 1), stream.until(begins + DAY - 1)):
                unit = stream.unit(index)
                currency = self.sales.sale(unit).currency
                total.net[currency] += self.sales.entry(unit, stream.mark.part).net
                total.entries[currency] += 1
        for unit in self._returned(day):
            total.net[self.currency(unit)] += self.amount(unit)
            total.entries[self.currency(unit)] += 1
        return total

    def _returned(self, day: int) -> Iterator[int]:
        """The payouts that fail between the payout of the day before and that of `day`."""
        sent = day - RETURNED_AFTER_DAYS
        units = range(max(0, sent) * len(self.currencies), (sent + 1) * len(self.currencies))
        return (unit for unit in units if self.timeline.story(unit).failed is not None)
