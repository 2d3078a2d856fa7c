"""Two schemas as text beside each other: nothing is lost, and what is left out is counted."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.registry.ui.side_by_side import MOST_LINES, Equal, Pair, SideBySide, side_by_side

VALUES = st.recursive(
    st.integers(0, 3) | st.sampled_from(["", "a\nb", "\u202e"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=40,
)


def compared(old: Any, new: Any) -> SideBySide:
    return side_by_side(*(json.dumps(each, ensure_ascii=False).encode() for each in (old, new)))


def lines(value: Any) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False).split("\n")


@settings(max_examples=50, deadline=None)
@given(VALUES, VALUES)
def test_every_line_is_shown_once_or_counted_as_equal(old: Any, new: Any) -> None:
    at = [0, 0]
    for row in compared(old, new).rows:
        if isinstance(row, Equal):
            assert lines(old)[at[0] :][: row.lines] == lines(new)[at[1] :][: row.lines]
            at = [each + row.lines for each in at]
            continue
        for side, (line, text) in enumerate(zip(row[:2], (lines(old), lines(new)), strict=True)):
            if line is not None:
                assert line == (at[side] + 1, text[at[side]])
                at[side] += 1
        assert row.differs == (row.old is None or row.new is None or row.old[1] != row.new[1])
    assert at == [len(lines(old)), len(lines(new))]


def test_what_is_equal_is_folded_but_for_the_lines_around() -> None:
    same = list(range(100))
    rows = compared([*same, 1, *same], [*same, 2, *same]).rows
    kinds = ["equal" if isinstance(row, Equal) else row.differs for row in rows]
    assert kinds == ["equal", *[False] * 4, True, *[False] * 4, "equal"]
    assert sum(row.lines for row in rows if isinstance(row, Equal)) == 203 - 9


def test_of_very_large_schemas_the_first_lines_are_shown_and_the_others_counted() -> None:
    found = compared(list(range(5000)), list(range(9000, 13000)))
    assert len(found.rows) <= 2 * MOST_LINES + 1
    assert found.left_out == 9000 - 2 * MOST_LINES


def test_a_very_long_line_is_cut() -> None:
    (pair,) = compared("x" * 5000, "y").rows
    assert isinstance(pair, Pair) and pair.old is not None
    assert len(pair.old.text) < 400 and "4,702 more characters" in pair.old.text
