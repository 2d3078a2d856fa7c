"""The routes, by what they are about."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from contracts.registry.requests import JsonRoute
from contracts.registry.shapes.words import ErrorBody

_WHEN = {
    400: "It is not JSON.",
    401: "There is no token, or it is unknown, expired or revoked.",
    403: "The token's role is too small, or it is for other datasets or layers.",
    404: "There is no such thing.",
    405: "The path does not take this method.",
    409: "It is so already, or not allowed as things are, or the key has another payload.",
    415: "The body's media type is not read here.",
    422: "It can be read, but is not taken; `details` say where and why.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    500: "The registry failed; its log says why.",
    503: "The store does not answer; try again.",
}
_ALWAYS = (401, 403, 422, 429, 500, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides its success."""
    return {
        status: {"model": ErrorBody, "description": _WHEN[status]}
        for status in sorted({*statuses, *_ALWAYS})
    }


def router(tag: str) -> APIRouter:
    return APIRouter(route_class=JsonRoute, tags=[tag])
