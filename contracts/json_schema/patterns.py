"""What strings a regular expression matches, as a set that can be intersected and complemented.

The expressions are ECMA-262's, found anywhere in a string unless anchored, as JSON Schema has them.
A part of them is understood: no look-around, back references, word boundaries or Unicode classes.
Sets of strings are searched by Brzozowski derivatives (1964): the derivative by a character is
what may follow it, and there are finitely many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

Ranges = tuple[tuple[int, int], ...]
LAST = 0x10FFFF


@dataclass(frozen=True)
class Language:
    """`kind`: set, cat, or, and, not, star, length (`low` to `high` characters), empty, epsilon."""

    kind: str
    parts: tuple[Language, ...] | frozenset[Language] = ()
    ranges: Ranges = ()
    low: int = 0
    high: int | None = None

    def __post_init__(self) -> None:
        key = hash((self.kind, self.parts, self.ranges, self.low, self.high))
        object.__setattr__(self, "_hash", key)

    def __hash__(self) -> int:
        return self._hash  # type: ignore[attr-defined, no-any-return]


NOTHING = Language("empty")
EPSILON = Language("epsilon")
ANYTHING = Language("not", (NOTHING,))


def characters(ranges: Iterable[tuple[int, int]]) -> Language:
    merged = merge(ranges)
    return Language("set", ranges=merged) if merged else NOTHING


def merge(ranges: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    edges = [-1, *(edge for low, high in merge(ranges) for edge in (low, high)), LAST + 1]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((low + 1, high - 1) for low, high in pairs if low + 1 <= high - 1)


def then(*parts: Language) -> Language:
    result = EPSILON
    for part in reversed(parts):
        if "empty" in (part.kind, result.kind):
            return NOTHING
        if result.kind == "epsilon":
            result = part
        elif part.kind == "cat":
            first, rest = part.parts
            result = Language("cat", (first, then(rest, result)))
        elif part.kind != "epsilon":
            result = Language("cat", (part, result))
    return result


def either(*parts: Language) -> Language:
    flat = _flat("or", parts) - {NOTHING}
    if ANYTHING in flat:
        return ANYTHING
    return _many("or", flat, NOTHING)


def both(*parts: Language) -> Language:
    flat = _flat("and", parts) - {ANYTHING}
    return NOTHING if NOTHING in flat else _many("and", flat, ANYTHING)


def neither(part: Language) -> Language:
    inner: tuple[Language, ...] = tuple(part.parts)
    return inner[0] if part.kind == "not" else Language("not", (part,))


def star(part: Language) -> Language:
    if part in (NOTHING, EPSILON):
        return EPSILON
    return part if part.kind == "star" or part == ANYTHING else Language("star", (part,))


def of_length(low: int, high: int | None) -> Language:
    if high is not None and high < low:
        return NOTHING
    return ANYTHING if low == 0 and high is None else Language("length", low=low, high=high)


def literal(text: str) -> Language:
    return then(*(characters([(ord(character), ord(character))]) for character in text))


def _flat(kind: str, parts: Iterable[Language]) -> frozenset[Language]:
    return frozenset(
        inner for part in parts for inner in (part.parts if part.kind == kind else (part,))
    )


def _many(kind: str, parts: frozenset[Language], none: Language) -> Language:
    if len(parts) > 1:
        return Language(kind, parts)
    return next(iter(parts), none)


@lru_cache(maxsize=20_000)
def accepts_nothing_more(language: Language) -> bool:
    """Whether the empty string is in it."""
    match language.kind:
        case "epsilon" | "star":
            return True
        case "cat" | "and":
            return all(accepts_nothing_more(part) for part in language.parts)
        case "or":
            return any(accepts_nothing_more(part) for part in language.parts)
        case "not":
            return not any(accepts_nothing_more(part) for part in language.parts)
        case "length":
            return language.low == 0
    return False


@lru_cache(maxsize=50_000)
def after(language: Language, character: int) -> Language:
    """The rests of those of its strings that begin with the character."""
    match language.kind:
        case "set":
            inside = any(low <= character <= high for low, high in language.ranges)
            return EPSILON if inside else NOTHING
        case "cat":
            first, rest = language.parts
            begun = then(after(first, character), rest)
            return either(begun, after(rest, character)) if accepts_nothing_more(first) else begun
        case "or":
            return either(*(after(part, character) for part in language.parts))
        case "and":
            return both(*(after(part, character) for part in language.parts))
        case "not":
            (part,) = language.parts
            return neither(after(part, character))
        case "star":
            (part,) = language.parts
            return then(after(part, character), language)
        case "length":
            high = None if language.high is None else language.high - 1
            return NOTHING if high == -1 else of_length(max(language.low - 1, 0), high)
    return NOTHING


def examples(
    language: Language, *, states: int, most: int, spend: Callable[[], None]
) -> Iterator[str]:
    """Some of its strings, the shortest first. Without any, it is empty.

    Raises OverflowError when more than `states` derivatives would have to be looked at; `spend` is
    called for each.
    """
    alphabet = _alphabet(language)
    seen = {language}
    queue = deque([(language, "")])
    found = 0
    while queue:
        state, text = queue.popleft()
        spend()
        if accepts_nothing_more(state):
            yield text
            found += 1
            if found == most:
                return
        for character in alphabet:
            following = after(state, character)
            if following not in seen and following != NOTHING:
                if len(seen) >= states:
                    raise OverflowError("too many states")
                seen.add(following)
                queue.append((following, text + chr(character)))


def _alphabet(language: Language) -> list[int]:
    """One character, a readable one where there is, of each class that no set tells apart."""
    sets: set[Ranges] = set()
    stack, seen = [language], {language}
    while stack:
        part = stack.pop()
        if part.ranges:
            sets.add(part.ranges)
        fresh = [inner for inner in part.parts if inner not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    starts = {0, *(edge for ranges in sets for low, high in ranges for edge in (low, high + 1))}
    readable = [*range(0x61, 0x7B), *range(0x30, 0x3A), *range(0x41, 0x5B), 0x20, 0x5F, 0x2D]
    classes: dict[frozenset[Ranges], int] = {}
    for character in [*readable, *sorted(starts)]:
        if character <= LAST and not 0xD800 <= character <= 0xDFFF:
            inside = frozenset(
                ranges for ranges in sets if any(low <= character <= high for low, high in ranges)
            )
            classes.setdefault(inside, character)
    return list(classes.values())
