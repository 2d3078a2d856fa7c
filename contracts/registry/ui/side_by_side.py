"""Two schemas as text beside each other: what differs, and a few lines around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest
from typing import NamedTuple

import msgspec

MOST_LINES = 400
"""Of each side, from the first that differs: comparing takes more than linear time."""
_AROUND = 4
_MOST_CHARACTERS = 300


class Line(NamedTuple):
    number: int
    text: str


class Pair(NamedTuple):
    """Lines that stand beside each other; None where a side has none."""

    old: Line | None
    new: Line | None
    differs: bool


class Equal(NamedTuple):
    """Lines that are equal and not shown."""

    lines: int


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """`left_out` lines of both sides together were too many to compare."""

    rows: list[Pair | Equal]
    left_out: int


class _Block(NamedTuple):
    tag: str
    old: range
    new: range


def side_by_side(old: bytes, new: bytes) -> SideBySide:
    """Compares two JSON texts, indented alike."""
    before, after = _lines(old), _lines(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    spans = [range(head, len(side) - tail) for side in (before, after)]
    shown = [span[:MOST_LINES] for span in spans]
    left_out = sum(map(len, spans)) - sum(map(len, shown))
    blocks = [_Block("equal", range(head), range(head))]
    blocks += _matched(before, after, *shown)
    if not left_out:
        ends = [range(len(side) - tail, len(side)) for side in (before, after)]
        blocks.append(_Block("equal", *ends))
    rows = [row for block in blocks for row in _rows(block, before, after)]
    return SideBySide(rows=rows, left_out=left_out)


def _lines(text: bytes) -> list[str]:
    return msgspec.json.format(text, indent=2).decode("utf-8", "replace").split("\n")


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _matched(before: Sequence[str], after: Sequence[str], old: range, new: range) -> list[_Block]:
    matcher = SequenceMatcher(
        None, before[old.start : old.stop], after[new.start : new.stop], autojunk=True
    )
    return [
        _Block(tag, old[one:two], new[three:four])
        for tag, one, two, three, four in matcher.get_opcodes()
    ]


def _rows(block: _Block, before: Sequence[str], after: Sequence[str]) -> Iterator[Pair | Equal]:
    old = [_line(number, before) for number in block.old]
    new = [_line(number, after) for number in block.new]
    if block.tag != "equal":
        yield from (Pair(*lines, True) for lines in zip_longest(old, new))
        return
    pairs = [Pair(*lines, False) for lines in zip(old, new, strict=True)]
    first = 0 if block.old.start == 0 else _AROUND
    last = 0 if block.old.stop == len(before) else _AROUND
    hidden = len(pairs) - first - last
    if hidden <= 2 * _AROUND:
        yield from pairs
        return
    yield from pairs[:first]
    yield Equal(hidden)
    yield from pairs[first + hidden :]


def _line(at: int, lines: Sequence[str]) -> Line:
    text = lines[at]
    left = len(text) - _MOST_CHARACTERS
    if left > 0:
        text = f"{text[:_MOST_CHARACTERS]} … {left:,} more characters"
    return Line(at + 1, text)
