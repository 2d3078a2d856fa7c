"""Shows a row without its values: names and structure tell what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_INDENT = "  "


def masked(value: Any) -> Any:
    """The value with "…" for each text and "#" for each number; names and null stay."""
    if isinstance(value, dict):
        return {name: masked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [masked(each) for each in value]
    if value is None:
        return None
    return "…" if isinstance(value, str | bool) else "#"


def lines_of(row: Any, path: str, reason: str, *, reveal: bool) -> Iterator[str]:
    """The row as JSON, a field a line; those at `path` (`$.items[...].amount`) have the reason."""
    for text, at in _lines(row if reveal else masked(row), "$", 0, ""):
        yield f"{text}  ← {reason}" if at == path else text


def _lines(value: Any, at: str, depth: int, label: str) -> Iterator[tuple[str, str]]:
    """Lines with the path of what begins there, "" where something ends."""
    head = _INDENT * depth + label
    if not value or not isinstance(value, dict | list):
        yield head + json.dumps(value, ensure_ascii=False), at
        return
    yield head + ("{" if isinstance(value, dict) else "["), at
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _lines(each, f"{at}.{name}", depth + 1, f"{json.dumps(name)}: ")
    else:
        for each in value:
            yield from _lines(each, f"{at}[...]", depth + 1, "")
    yield _INDENT * depth + ("}" if isinstance(value, dict) else "]"), ""
