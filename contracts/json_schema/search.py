"""Documents that may tell two schemas apart: what the schemas speak of, put in each place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

_MOST = 3_000
_MOST_WORDS = 60
_PLAIN: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    Decimal("0.5"),
    "",
    "a",
    [],
    {},
    [0],
    {"a": 0},
)


def search(schemas: Sequence[Any], seeds: Sequence[Any]) -> Iterator[Any]:
    """At most 3,000 documents: words of the schemas, and the seeds with one or two changes."""
    words = list(islice(_words(schemas), _MOST_WORDS))
    names = list(dict.fromkeys(islice(_names(schemas), _MOST_WORDS)))
    yield from islice(_documents([*_PLAIN, *words], names, seeds), _MOST)


def _documents(words: list[Any], names: list[str], seeds: Sequence[Any]) -> Iterator[Any]:
    yield from seeds
    yield from words
    first: list[Any] = []
    for seed in [*seeds, {}, []]:
        for changed in _changed(seed, words, names):
            yield changed
            first.append(changed)
    for document in first:
        yield from _changed(document, words, names)


def _changed(value: Any, words: list[Any], names: list[str]) -> Iterator[Any]:
    """The value with one part of it replaced, left out or added."""
    if isinstance(value, dict):
        for name in value:
            yield {other: item for other, item in value.items() if other != name}
        for name in names:
            if name not in value:
                yield from ({**value, name: word} for word in words)
        for name, item in value.items():
            for part in _changed(item, words, names):
                yield {**value, name: part}
    elif isinstance(value, list):
        yield from ([*value, word] for word in words)
        for at, item in enumerate(value):
            yield value[:at] + value[at + 1 :]
            yield from (
                [*value[:at], part, *value[at + 1 :]] for part in _changed(item, words, names)
            )
    else:
        yield from words


def _words(schemas: Sequence[Any]) -> Iterator[Any]:
    """Listed values, bounds and their neighbours."""
    for keyword, value in _keywords(schemas):
        if keyword in ("enum", "examples") and isinstance(value, list):
            yield from value
        elif keyword in ("const", "default"):
            yield value
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            yield from (value, value + 1, value - 1)
            if keyword.endswith("Length") and 0 <= value < 1_000:
                yield from ("a" * int(value), "a" * (int(value) + 1))


def _names(schemas: Sequence[Any]) -> Iterator[str]:
    for keyword, value in _keywords(schemas):
        if keyword in ("properties", "dependentRequired", "dependentSchemas", "dependencies"):
            yield from value if isinstance(value, dict) else ()
        elif keyword == "required" and isinstance(value, list):
            yield from value
    yield "a"


def _keywords(schemas: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    stack = list(schemas)
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            yield from part.items()
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
