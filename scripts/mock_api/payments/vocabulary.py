"""The words, rates and constant fields that invented objects are made of, read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

Json = dict[str, Any]
T = TypeVar("T")

HERE = Path(__file__).parent


class Currency(msgspec.Struct, frozen=True):
    """Amounts in minor units; `share` is percent of payers."""

    share: int
    low: int
    high: int
    step: int
    fixed: int
    dispute: int


class Place(msgspec.Struct, frozen=True):
    country: str
    state: str | None
    city: str
    locale: str
    dial: str


class Card(msgspec.Struct, frozen=True):
    brand: str
    network: str
    funding: str
    reason: str


class Decline(msgspec.Struct, frozen=True):
    code: str
    decline_code: str
    reason: str
    network_status: str
    type: str
    network_code: str | None
    advice: str
    message: str
    seller: str


class Vocabulary(msgspec.Struct, frozen=True):
    currencies: dict[str, Currency]
    fee_per_mille: int
    given_names: list[str]
    family_names: list[str]
    domains: list[str]
    places: list[Place]
    streets: list[str]
    cards: list[Card]
    wallets: list[str | None]
    products: list[str]
    declines: list[Decline]
    dispute_reasons: list[str]
    refund_reasons: list[str | None]
    api_version: str
    older_api_version: str


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    text = (HERE / "vocabulary.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), Vocabulary)


@lru_cache(maxsize=1)
def _skeletons() -> dict[str, Json]:
    text = (HERE / "skeletons.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, Json])


def skeleton(name: str) -> Json:
    """The fields of an object that are the same in every one; callers copy, never change it."""
    return _skeletons()[name]


class Draws:
    """Small draws out of one 64-bit number, each using up a part of it."""

    def __init__(self, number: int) -> None:
        self._rest = number

    def below(self, limit: int) -> int:
        self._rest, value = divmod(self._rest, limit)
        return value

    def choose(self, options: list[T]) -> T:
        return options[self.below(len(options))]
