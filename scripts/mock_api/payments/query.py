"""The parameters of a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scripts.mock_api.payments.errors import (
    exclusive,
    not_an_integer,
    out_of_range,
    unknown_parameter,
)

DEFAULT_LIMIT, MAX_LIMIT = 10, 100
INTEGER = re.compile(r"-?\d{1,15}")
TYPES = re.compile(r"types\[\d*\]")
FOREVER = 2**53


@dataclass(frozen=True)
class ListQuery:
    """`since` and `until` are epoch seconds, both included; `types` are patterns with `*`."""

    limit: int = DEFAULT_LIMIT
    starting_after: str = ""
    ending_before: str = ""
    since: int = 0
    until: int = FOREVER
    types: tuple[str, ...] = ()
    invoice: str = ""

    def wants(self, event: str) -> bool:
        return not self.types or any(fnmatchcase(event, pattern) for pattern in self.types)


def integer(param: str, value: str) -> int:
    if not INTEGER.fullmatch(value):
        raise not_an_integer(param, value)
    return int(value)


def parse_limit(value: str) -> int:
    limit = integer("limit", value)
    if limit < 1:
        raise out_of_range("limit", limit, "greater than or equal to 1")
    if limit > MAX_LIMIT:
        raise out_of_range("limit", limit, f"less than or equal to {MAX_LIMIT}")
    return limit


def parse_query(items: Iterable[tuple[str, str]], entity: str) -> ListQuery:
    """Raises `ApiError` 400, as Stripe does for what it does not know or cannot read."""
    has_types = entity == "events"
    limit, after, before, invoice = DEFAULT_LIMIT, "", "", ""
    since, until = 0, FOREVER
    single, several = "", []
    for name, value in items:
        match name:
            case "limit":
                limit = parse_limit(value)
            case "starting_after":
                after = value
            case "ending_before":
                before = value
            case "created":
                since = until = integer(name, value)
            case "created[gte]":
                since = max(since, integer(name, value))
            case "created[gt]":
                since = max(since, integer(name, value) + 1)
            case "created[lte]":
                until = min(until, integer(name, value))
            case "created[lt]":
                until = min(until, integer(name, value) - 1)
            case "invoice" if entity == "invoice_payments":
                invoice = value
            case "type" if has_types:
                single = value
            case _ if has_types and TYPES.fullmatch(name):
                several.append(value)
            case _:
                raise unknown_parameter(name)
    if after and before:
        raise exclusive("starting_after", "ending_before")
    if single and several:
        raise exclusive("type", "types")
    types = tuple(several) or ((single,) if single else ())
    return ListQuery(limit, after, before, since, until, types, invoice)
