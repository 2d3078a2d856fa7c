"""Values of the types that contain no others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product
from math import lcm
from typing import Any

from contracts.json_schema.atoms import INTEGER, WHOLE, Atom, key_of
from contracts.json_schema.facts import Bound, Choice, Facts
from contracts.json_schema.pattern_text import UnknownPatternError, language_of
from contracts.json_schema.patterns import (
    Language,
    both,
    either,
    examples,
    literal,
    neither,
    of_length,
)
from contracts.json_schema.prover import Prover

_MOST_MULTIPLES = 2_000
_MOST_STATES = 2_000
_LONGEST = 20_000
_LONGEST_LITERAL = 100
_MOST_LITERALS = 100
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Scalar:
    """A type whose complements need no search."""

    def alternatives(self, prover: Prover, facts: Facts, atom: Atom) -> Choice:
        raise AssertionError(atom.kind)


class Constants(Scalar):
    def __init__(self, *values: Any) -> None:
        self._values = values

    def candidates(self, prover: Prover, facts: Facts) -> list[Any] | None:
        left = [value for value in self._values if key_of(value) not in facts.excluded]
        return left or None


class Numbers(Scalar):
    """Exact: bounds and divisors are fractions."""

    def candidates(self, prover: Prover, facts: Facts) -> Iterable[Any] | None:
        whole = bool(facts.kind & (INTEGER | WHOLE))
        step = _common_multiple([*facts.multiples, Fraction(1)] if whole else facts.multiples)
        found = _dense(facts) if step is None else _stepwise(prover, facts, step, whole)
        return None if found is None else (_number(value, facts.kind) for value in found)


def _number(value: Fraction, kind: int) -> int | Decimal:
    if kind & INTEGER:
        return int(value)
    scale = 1
    while (value * 10**scale).denominator != 1:
        scale += 1
    return Decimal(f"{int(value * 10**scale)}E-{scale}")


def _common_multiple(numbers: Iterable[Fraction]) -> Fraction | None:
    """The least number that all of them divide; None without any."""
    common: Fraction | None = None
    for number in numbers:
        if common is None:
            common = number
        else:
            top = lcm(common.numerator * number.denominator, number.numerator * common.denominator)
            common = Fraction(top, common.denominator * number.denominator)
    return common


def _inside(value: Fraction, lower: Bound | None, upper: Bound | None) -> bool:
    if lower and (value < lower[0] or (lower[1] and value == lower[0])):
        return False
    return not (upper and (value > upper[0] or (upper[1] and value == upper[0])))


def _wanted(value: Fraction, facts: Facts, whole: bool) -> bool:
    return (
        (value.denominator == 1) is whole
        and _inside(value, facts.lower, facts.upper)
        and not any(value % divisor == 0 for divisor in facts.not_multiples)
        and not (
            facts.excluded and key_of(_number(value, INTEGER if whole else 0)) in facts.excluded
        )
    )


def _dense(facts: Facts) -> list[Fraction] | None:
    """Fractions in a range: there are some unless it is a point."""
    low = facts.lower[0] if facts.lower else None
    high = facts.upper[0] if facts.upper else None
    if low is not None and high is not None and low >= high:
        return [low] if low == high and _wanted(low, facts, False) else None
    if low is None or high is None:
        start = low if low is not None else high - 1000 if high is not None else Fraction(0)
        low, high = start, start + 1000
    steps = [Fraction(at, 2**bits) for bits in range(1, 9) for at in range(1, 2**bits, 2)]
    tried = (low, high, *(low + (high - low) * step for step in steps))
    return list(islice((value for value in tried if _wanted(value, facts, False)), 3))


def _stepwise(prover: Prover, facts: Facts, step: Fraction, whole: bool) -> list[Fraction] | None:
    """Multiples of `step` in a range; whether one is wanted repeats after a period."""
    if not whole and step.denominator == 1:
        return None
    if any(step % divisor == 0 for divisor in facts.not_multiples):
        return None
    low, high = _multiples_between(step, facts)
    period = _period(step, facts, whole)
    count = _MOST_MULTIPLES if period is None else min(period, _MOST_MULTIPLES)
    count += len(facts.excluded) * (period or 1)
    count = min(count, 2 * _MOST_MULTIPLES)
    if low is not None and high is not None:
        if high < low:
            return None
        indices = range(low, min(high, low + count) + 1)
        complete = high - low < count
    elif low is not None or high is None:
        start = low if low is not None else 0
        indices, complete = range(start, start + count + 1), False
    else:
        indices, complete = range(high, high - count - 1, -1), False
    prover.spend(len(indices) // 50)
    found = list(
        islice((index * step for index in indices if _wanted(index * step, facts, whole)), 3)
    )
    proved = complete or (period is not None and (1 + len(facts.excluded)) * period <= count)
    return found or (None if proved else [])


def _period(step: Fraction, facts: Facts, whole: bool) -> int | None:
    common = _common_multiple([step, *facts.not_multiples, Fraction(1)])
    assert common is not None
    period = common / step
    return int(period) if period <= _MOST_MULTIPLES else None


def _multiples_between(step: Fraction, facts: Facts) -> tuple[int | None, int | None]:
    low = high = None
    if facts.lower:
        quotient = facts.lower[0] / step
        low = quotient.__ceil__()
        low += facts.lower[1] and low == quotient
    if facts.upper:
        quotient = facts.upper[0] / step
        high = quotient.__floor__()
        high -= facts.upper[1] and high == quotient
    return low, high


class Strings(Scalar):
    """By the languages of the patterns; a pattern that is not understood is left out."""

    def candidates(self, prover: Prover, facts: Facts) -> Iterable[Any] | None:
        low, high = facts.least, facts.most
        if high is not None and high < low:
            return None
        languages = [*_languages(facts.patterns), *map(neither, _languages(facts.not_patterns))]
        if not languages:
            return _plain(low, high, facts.excluded)
        language = both(*languages, *_excluded(facts.excluded))
        found = _examples(prover, both(language, of_length(low, high)))
        return _examples(prover, language) if found == [] else found


def _examples(prover: Prover, language: Language) -> list[str] | None:
    """None when there are none; empty when the search was too long."""
    found = []
    try:
        for text in examples(language, states=_MOST_STATES, most=3, spend=prover.spend):
            found.append(text)
    except OverflowError:
        return found
    return found or None


def _languages(patterns: Iterable[str]) -> Iterator[Language]:
    for pattern in patterns:
        try:
            yield language_of(pattern)
        except UnknownPatternError:
            continue


def _texts(keys: Iterable[bytes]) -> list[str]:
    return [json.loads(key) for key in keys if key.startswith(b'"')]


def _excluded(keys: frozenset[bytes]) -> list[Language]:
    texts = [text for text in _texts(keys) if len(text) <= _LONGEST_LITERAL]
    return [neither(either(*map(literal, texts)))] if 0 < len(texts) <= _MOST_LITERALS else []


def _plain(low: int, high: int | None, excluded: frozenset[bytes]) -> list[str] | None:
    texts = set(_texts(excluded))
    if high == 0:
        return None if "" in texts else [""]
    if low > _LONGEST:
        return []
    if low == 0 and "" not in texts:
        return [""]
    width = max(low, 1)
    tails = product(_LETTERS, repeat=min(width, 3))
    wide = ("a" * (width - len(tail)) + "".join(tail) for tail in tails)
    return list(islice((text for text in wide if text not in texts), 1))
