"""The faults by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import UNSET
from starlette.responses import HTMLResponse
from starlette.types import Scope

from scripts.mock_api.faults.dialects import Dialect, Fields, query_of
from scripts.mock_api.faults.fault import Fault
from scripts.mock_api.faults.layers import (
    Layer,
    Parameters,
    cut_off,
    error,
    ignoring,
    instead,
    late,
    limited,
    on_request,
    on_rows,
    reset,
    truncated,
)
from scripts.mock_api.faults.rows import add, drift, duplicate, put, remove, retype, shuffle

_SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


def _any(_: Fault, __: Scope) -> bool:
    return True


@dataclass(frozen=True)
class Scenario:
    """One kind of fault; `takes` are the values that only some kinds know.

    `applies` says which requests it could strike; an answer that it would leave as it is does not
    count as struck.
    """

    layer: Layer
    takes: tuple[str, ...] = ()
    times: int = 1
    seconds: float = 0.0
    applies: Callable[[Fault, Scope], bool] = _any


def _without(parameters: Parameters) -> Scenario:
    def applies(fault: Fault, scope: Scope) -> bool:
        return any(parameters(fault.dialect, *pair) for pair in query_of(scope))

    return Scenario(ignoring(parameters), applies=applies)


def _required(fields: Fields) -> tuple[str, object]:
    return fields.required, UNSET


SCENARIOS = {
    "rate_limit": Scenario(instead(error(429))),
    "rate_limit_retry_after": Scenario(instead(limited), takes=("seconds",), seconds=1.0),
    "server_error": Scenario(instead(error(500))),
    "token_revoked": Scenario(instead(error(401)), times=0),
    "html": Scenario(instead(lambda _: HTMLResponse(_SIGN_IN))),
    "reset": Scenario(on_request(reset)),
    "slow": Scenario(on_request(late), takes=("seconds",), seconds=2.0),
    "hang": Scenario(on_request(late), takes=("seconds",), seconds=600.0),
    "truncated": Scenario(truncated),
    "cut_off": Scenario(cut_off),
    "repeated_page": _without(Dialect.is_position),
    "ignored_filter": _without(Dialect.is_filter),
    "unstable_order": Scenario(on_rows(shuffle)),
    "duplicate_rows": Scenario(on_rows(duplicate)),
    "drift_new_field": Scenario(
        on_rows(drift(lambda _: ("review_tier", "standard"), add)), takes=("field", "value")
    ),
    "drift_missing_field": Scenario(
        on_rows(drift(lambda fields: (fields.optional, UNSET), remove)), takes=("field",)
    ),
    "drift_missing_required": Scenario(on_rows(drift(_required, remove)), takes=("field",)),
    "drift_type_change": Scenario(on_rows(drift(_required, retype)), takes=("field", "value")),
    "drift_null_required": Scenario(
        on_rows(drift(lambda fields: (fields.required, None), put)), takes=("field",)
    ),
    "drift_new_enum": Scenario(
        on_rows(drift(lambda fields: (fields.choice, fields.new_choice), put)),
        takes=("field", "value"),
    ),
}
