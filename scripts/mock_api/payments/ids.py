"""Ids that look like Stripe's and carry (timeline, unit, part) reversibly."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from functools import cached_property, lru_cache

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
DIGITS = {pair: value for value, pair in enumerate(PAIRS)}

LENGTH = 14
MODULUS = 2**80
FACTOR = 0x9E3779B97F4A7C15F39D
INVERSE = pow(FACTOR, -1, MODULUS)

PARTS = 64
TIMELINES = 4
LARGEST = 2**56

CUSTOMER_LINE, SALE_LINE, PAYOUT_LINE = range(3)


@dataclass(frozen=True)
class Place:
    """Where an object lives: which timeline, which unit of it, which of the unit's objects."""

    timeline: int
    unit: int
    part: int


def base62(value: int, length: int) -> str:
    """`value` in an even number of base-62 digits."""
    pairs = []
    for _ in range(length // 2):
        value, pair = divmod(value, len(PAIRS))
        pairs.append(PAIRS[pair])
    return "".join(reversed(pairs))


@lru_cache(maxsize=256)
def secret(seed: int, prefix: str) -> int:
    text = f"{seed}/{prefix}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=10).digest(), "big")


@dataclass(frozen=True)
class Ids:
    """The ids of one world's account.

    The number behind an id is multiplied modulo 2**80 while places need 56 bits only, so an id that
    was made up reads as a place with odds of 1 to 16 million.
    """

    seed: int

    @cached_property
    def account(self) -> str:
        return base62(secret(self.seed, "account"), LENGTH)[-9:]

    def make(self, prefix: str, place: Place) -> str:
        return self.number(prefix, (place.unit * PARTS + place.part) * TIMELINES + place.timeline)

    def number(self, prefix: str, value: int) -> str:
        code = base62((value * FACTOR + secret(self.seed, prefix)) % MODULUS, LENGTH)
        if prefix == "cus":
            return f"cus_{code}"
        return f"{prefix}_3{code[:5]}{self.account}{code[5:]}"

    def read(self, prefix: str, text: str) -> Place | None:
        """The place an id stands for, None when this account cannot have given it out."""
        body = text.removeprefix(prefix + "_")
        code = body if prefix == "cus" else body[1:6] + body[15:]
        if len(code) != LENGTH:
            return None
        value = 0
        for start in range(0, LENGTH, 2):
            digit = DIGITS.get(code[start : start + 2])
            if digit is None:
                return None
            value = value * len(PAIRS) + digit
        value = (value - secret(self.seed, prefix)) * INVERSE % MODULUS
        if value >= LARGEST or self.number(prefix, value) != text:
            return None
        rest, timeline = divmod(value, TIMELINES)
        unit, part = divmod(rest, PARTS)
        return Place(timeline, unit, part)
