"""What a caller did wrong, or the service could not do: each with its status and code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.exceptions import HTTPException

CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    429: "rate_limited",
    503: "unavailable",
}


def code_of(status: int) -> str:
    """The code of a status; the others are the caller's fault below 500, the service's above."""
    return CODES.get(status, "invalid_request" if status < 500 else "internal_error")


class Problem(HTTPException):
    """An answer that is no success; `details` say where and what, for programs."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(self.status, message, dict(headers or {}))
        self.message = message
        self.details = dict(details or {})


class Malformed(Problem):
    """Not even JSON."""

    status = 400


class Unauthorized(Problem):
    """A browser asks its user for the token, as a password."""

    status = 401

    def __init__(self, message: str) -> None:
        challenges = 'Bearer realm="registry", Basic realm="registry", charset="UTF-8"'
        super().__init__(message, headers={"WWW-Authenticate": challenges})


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class Conflict(Problem):
    status = 409


class Unsupported(Problem):
    """A media type that is not read here."""

    status = 415


class Invalid(Problem):
    status = 422


class RateLimited(Problem):
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"too many requests: try again in {seconds} s",
            {"retry_after_seconds": seconds},
            headers={"Retry-After": str(seconds)},
        )


class Unavailable(Problem):
    """The store does not answer; nothing was stored."""

    status = 503

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"Retry-After": "1"})
