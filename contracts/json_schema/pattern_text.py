"""Reads the part of ECMA-262's regular expressions whose languages are known."""

from __future__ import annotations

from functools import lru_cache

from contracts.json_schema.patterns import (
    ANYTHING,
    EPSILON,
    LAST,
    Language,
    Ranges,
    characters,
    complement,
    either,
    merge,
    star,
    then,
)

_DIGITS: Ranges = ((0x30, 0x39),)
_WORD = merge([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
_LINE_END: Ranges = ((0x0A, 0x0A),)
_SPACE = merge(
    [
        (0x09, 0x0D),
        (0x20, 0x20),
        (0xA0, 0xA0),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x2028, 0x2029),
        (0x202F, 0x202F),
        (0x205F, 0x205F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    ]
)
_CLASSES = {
    "d": _DIGITS,
    "D": complement(_DIGITS),
    "w": _WORD,
    "W": complement(_WORD),
    "s": _SPACE,
    "S": complement(_SPACE),
}
_CONTROLS = {"n": 0x0A, "r": 0x0D, "t": 0x09, "f": 0x0C, "v": 0x0B}
_HEX_DIGITS = {"x": 2, "u": 4}
_MOST = 2_000


class UnknownPatternError(ValueError):
    """The expression has something whose language is not worked out here."""


_Anchored = tuple[bool, Language, bool]


@lru_cache(maxsize=2_000)
def language_of(pattern: str) -> Language:
    """The strings in which it is found. Raises UnknownPatternError."""
    reader = _Reader(pattern)
    branches = reader.alternatives()
    if reader.rest:
        raise UnknownPatternError(pattern)
    return either(
        *(
            then(*(() if begins else (ANYTHING,)), body, *(() if ends else (ANYTHING,)))
            for begins, body, ends in branches
        )
    )


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.rest = pattern
        self.size = 0

    def take(self, expected: str = "") -> str:
        if not self.rest or not self.rest.startswith(expected):
            raise UnknownPatternError(self.rest)
        length = len(expected) or 1
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def given(self, text: str) -> bool:
        if self.rest.startswith(text):
            self.rest = self.rest[len(text) :]
            return True
        return False

    def alternatives(self) -> list[_Anchored]:
        branches = [self.sequence()]
        while self.given("|"):
            branches.append(self.sequence())
        return branches

    def sequence(self) -> _Anchored:
        begins = ends = False
        while self.given("^"):
            begins = True
        parts: list[Language] = []
        while self.rest and self.rest[0] not in "|)":
            if self.given("$"):
                ends = True
            elif ends:
                raise UnknownPatternError(self.rest)
            else:
                parts.append(self.repeated(self.atom()))
        return begins, then(*parts), ends

    def atom(self) -> Language:
        self.size += 1
        character = self.take()
        if character == "(":
            return self.group()
        if character == "[":
            return self.bracket()
        if character == ".":
            return characters(complement(_LINE_END))
        if character == "\\":
            return characters(self.escape())
        if character in "*+?{}^])":
            raise UnknownPatternError(character)
        return characters([(ord(character), ord(character))])

    def group(self) -> Language:
        if self.given("?") and not self.given(":"):
            raise UnknownPatternError(self.rest)
        branches = self.alternatives()
        self.take(")")
        if any(begins or ends for begins, _, ends in branches):
            raise UnknownPatternError(self.rest)
        return either(*(body for _, body, _ in branches))

    def repeated(self, part: Language) -> Language:
        low, high = self.times()
        self.given("?")
        if self.rest[:1] and self.rest[0] in "*+?{":
            raise UnknownPatternError(self.rest)
        self.size += max(low, high or 0)
        if self.size > _MOST or max(low, high or 0) > 200:
            raise UnknownPatternError(self.rest)
        optional: Language = star(part) if high is None else EPSILON
        for _ in range((high or 0) - low):
            optional = either(EPSILON, then(part, optional))
        return then(*[part] * low, optional)

    def times(self) -> tuple[int, int | None]:
        if self.given("*"):
            return 0, None
        if self.given("+"):
            return 1, None
        if self.given("?"):
            return 0, 1
        if not self.given("{"):
            return 1, 1
        numbers, closed, self.rest = self.rest.partition("}")
        low, comma, high = numbers.partition(",")
        known = closed and low.isdecimal() and (not high or high.isdecimal())
        if not known or len(numbers) > 9 or (high and int(high) < int(low)):
            raise UnknownPatternError(numbers)
        return int(low), (int(high) if high else None) if comma else int(low)

    def escape(self) -> Ranges:
        character = self.take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            code = _CONTROLS[character]
        elif character in _HEX_DIGITS:
            code = self.code_point(_HEX_DIGITS[character])
        elif character.isascii() and character.isalnum():
            raise UnknownPatternError(character)
        else:
            code = ord(character)
        return ((code, code),)

    def code_point(self, digits: int) -> int:
        text = "".join(self.take() for _ in range(digits))
        if not all(digit in "0123456789abcdefABCDEF" for digit in text):
            raise UnknownPatternError(text)
        code = int(text, 16)
        if 0xD800 <= code <= 0xDFFF:
            raise UnknownPatternError(text)
        return code

    def bracket(self) -> Language:
        negated = self.given("^")
        if self.given("]"):
            raise UnknownPatternError("[]")
        ranges: list[tuple[int, int]] = []
        while not self.given("]"):
            low = self.member()
            if self.rest.startswith("-") and not self.rest.startswith("-]"):
                self.take("-")
                high = self.member()
                ranges.append((_single(low), _single(high)))
            else:
                ranges.extend(low)
        if any(low > high or high > LAST for low, high in ranges):
            raise UnknownPatternError("range")
        return characters(complement(merge(ranges)) if negated else ranges)

    def member(self) -> Ranges:
        if self.rest[:2] in ("&&", "--", "~~") or self.rest[:1] == "[":
            raise UnknownPatternError(self.rest)
        character = self.take()
        if character == "\\":
            return self.escape()
        return ((ord(character), ord(character)),)


def _single(ranges: Ranges) -> int:
    if len(ranges) != 1 or ranges[0][0] != ranges[0][1]:
        raise UnknownPatternError("range")
    return ranges[0][0]
