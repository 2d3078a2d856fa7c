"""What faults must know of an API: its paths, parameters, error bodies and fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

Json = dict[str, Any]
Query = list[tuple[str, str]]


@dataclass(frozen=True)
class Fields:
    """The fields of an entity that drift when a fault names none.

    `required` and `optional` are so in the entity's contract; `choice` is an enumeration, and
    `new_choice` a value that it does not have.
    """

    required: str
    optional: str = "metadata"
    choice: str = "status"
    new_choice: object = "under_review"


@dataclass(frozen=True)
class Dialect:
    """One API. `positions` are the parameters that walk a list, with what asks for its start."""

    base: str
    positions: Mapping[str, str]
    filters: re.Pattern[str]
    errors: Mapping[int, Json]
    entities: Mapping[str, Fields]

    def entity(self, path: str) -> str | None:
        """The first word below the API's base; None for a path outside the API."""
        if not path.startswith(self.base):
            return None
        return path.removeprefix(self.base).partition("/")[0]

    def is_position(self, name: str, value: str) -> bool:
        """Whether a parameter asks for another page than the first."""
        return value != self.positions.get(name, value)

    def is_filter(self, name: str, _: str) -> bool:
        return self.filters.fullmatch(name) is not None


def query_of(scope: Scope) -> Query:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


PAYMENTS = Dialect(
    base="/v1/",
    positions={"starting_after": "", "ending_before": ""},
    filters=re.compile(r"created(\[\w+\])?"),
    errors={
        401: {"error": {"message": "Expired API Key provided.", "type": "invalid_request_error"}},
        429: {
            "error": {
                "message": "Request rate limit exceeded.",
                "type": "invalid_request_error",
                "code": "rate_limit",
            }
        },
        500: {"error": {"message": "An unknown error occurred.", "type": "api_error"}},
    },
    entities={
        "customers": Fields("id", choice="tax_exempt"),
        "payment_intents": Fields("amount"),
        "charges": Fields("amount"),
        "invoices": Fields("amount_due"),
        "invoice_payments": Fields("amount_requested", optional="livemode"),
        "refunds": Fields("amount"),
        "disputes": Fields("amount"),
        "payouts": Fields("amount"),
        "balance_transactions": Fields("amount", optional="description"),
        "events": Fields("created", optional="livemode", choice="type"),
    },
)

ZEPHYR = Dialect(
    base="/flex/services/rest/latest/",
    positions={"offset": "0"},
    filters=re.compile("cyclephaseid"),
    errors={
        401: {"errorMsg": "Authentication is required.", "errorCode": 401},
        429: {"errorMsg": "Too many requests.", "errorCode": 429},
        500: {"errorMsg": "An internal error occurred.", "errorCode": 500},
    },
    entities={
        "project": Fields("id", optional="description", new_choice="97"),
        "release": Fields("projectId", optional="orderId", new_choice=97),
        "cycle": Fields("releaseId", optional="build", new_choice=97),
        "execution": Fields("cyclePhaseId", optional="versionId", new_choice="97"),
    },
)
