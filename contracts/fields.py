"""Which of the fields that somebody names a change is about."""

from __future__ import annotations

import re
from collections.abc import Iterable

from contracts.diff import Change

_INDEX = re.compile(r"\[(\*|\d*)\]|/(\*|\d+)(?=/|$)")


def hits(change: Change, fields: Iterable[str]) -> bool:
    """Whether the change is at one of the fields, above it or below it; no field means any.

    A field is a dotted name (`customer.address.city`, `lines[].price`) or a JSON pointer
    (`/lines/0/price`). Array indices do not count, and what a whole document asks hits every field.
    """
    named = list(fields)
    return not named or any(_meet(change, field) for field in named)


def _meet(change: Change, field: str) -> bool:
    if field.startswith("/"):
        return any(_same_line(change.path, name, "/") for name in (field, _INDEX.sub("", field)))
    return _same_line(change.field, _INDEX.sub("", field), ".")


def _same_line(one: str, other: str, mark: str) -> bool:
    above, below = sorted((one, other), key=len)
    return above in ("", below) or below.startswith(above + mark)
