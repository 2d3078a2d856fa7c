"""The words that the rules share."""

from __future__ import annotations

from contracts.diff import Op

PAST: dict[Op, str] = {"add": "added", "remove": "removed", "change": "changed"}
READERS_FIRST = "change the readers first"
OLD_DATA = "keep what was allowed, or add a field instead"


def words(keyword: str) -> str:
    """exclusiveMinimum becomes exclusive_minimum."""
    text = keyword.removeprefix("$")
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in text)
