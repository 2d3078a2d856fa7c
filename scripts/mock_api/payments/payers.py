"""Who pays: registered customers and guests, their currency, person and card."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from scripts.mock_api.payments.ids import base62
from scripts.mock_api.payments.stories import HOUR, CustomerStory
from scripts.mock_api.payments.timeline import Timeline
from scripts.mock_api.payments.vocabulary import Draws, Json, vocabulary
from scripts.mock_api.world import World

REGISTERED = "customer"
GUEST = "guest"


@dataclass(frozen=True)
class Payer:
    """`kind` REGISTERED: the customer number `unit`; GUEST: whoever paid sale number `unit`."""

    kind: str
    unit: int


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    new_email: str
    phone: str
    locale: str
    address: Json


@dataclass(frozen=True)
class PaymentCard:
    number: int
    brand: str
    network: str
    funding: str
    reason: str
    country: str
    last4: str
    fingerprint: str
    exp_month: int
    exp_year: int
    wallet: str | None


class Payers:
    def __init__(self, world: World, customers: Timeline[CustomerStory]) -> None:
        self.world = world
        self.customers = customers
        self.currency = lru_cache(maxsize=65536)(self._currency)
        self.person = lru_cache(maxsize=16384)(self._person)
        self.card = lru_cache(maxsize=16384)(self._card)

    def registered_before(self, moment: int) -> int:
        """How many customers surely exist an hour before `moment` (at least one)."""
        seconds = moment - HOUR - self.customers.start
        return max(1, int(self.customers.pace.units(seconds)))

    def _currency(self, payer: Payer) -> str:
        percent = self.world.number("currency", payer.kind, payer.unit) % 100
        for code, currency in vocabulary().currencies.items():
            percent -= currency.share
            if percent < 0:
                return code
        raise ValueError("the currencies' shares are less than 100 percent")

    def _person(self, payer: Payer) -> Person:
        words = vocabulary()
        draws = Draws(self.world.number("person", payer.kind, payer.unit))
        given, family = draws.choose(words.given_names), draws.choose(words.family_names)
        place = draws.choose(words.places)
        login = f"{ascii_only(given)}.{ascii_only(family)}.{draws.below(10_000):04}"
        domain = draws.choose(words.domains)
        return Person(
            name=f"{given} {family}",
            email=f"{login}@{domain}",
            new_email=f"{login}.new@{domain}",
            phone=f"{place.dial}{draws.below(1000):03}",
            locale=place.locale,
            address={
                "city": place.city,
                "country": place.country,
                "line1": f"{1 + draws.below(140)} {draws.choose(words.streets)}",
                "line2": None,
                "postal_code": f"{draws.below(100_000):05}",
                "state": place.state,
            },
        )

    def _card(self, payer: Payer) -> PaymentCard:
        words = vocabulary()
        number = self.world.number("card", payer.kind, payer.unit)
        draws = Draws(number)
        card = draws.choose(words.cards)
        return PaymentCard(
            number=number,
            brand=card.brand,
            network=card.network,
            funding=card.funding,
            reason=card.reason,
            country=draws.choose(words.places).country,
            last4=f"{draws.below(10_000):04}",
            fingerprint=base62(number * number % 62**16, 16),
            exp_month=1 + draws.below(12),
            exp_year=2027 + draws.below(6),
            wallet=draws.choose(words.wallets),
        )


def ascii_only(name: str) -> str:
    """A name as an e-mail address has it; names of other scripts become "user"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(filter(str.isalpha, plain)).lower() or "user"
