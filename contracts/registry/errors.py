"""What a caller did wrong, or the service could not do: each with its status and code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.exceptions import HTTPException


class Problem(HTTPException):
    """An answer that is no success; `details` say where and what, for programs."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        message: str,
        details: Mapping[str, Any] | None = None,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status or self.status, message, dict(headers or {}))
        self.message = message
        self.details = dict(details or {})


class Malformed(Problem):
    """Not even JSON, or not HTTP as it should be."""

    status, code = 400, "invalid_request"


class Invalid(Problem):
    status, code = 422, "invalid_request"


class Unauthorized(Problem):
    status, code = 401, "unauthorized"

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"WWW-Authenticate": 'Bearer realm="registry"'})


class Forbidden(Problem):
    status, code = 403, "forbidden"


class NotFound(Problem):
    status, code = 404, "not_found"


class Conflict(Problem):
    status, code = 409, "conflict"


class RateLimited(Problem):
    status, code = 429, "rate_limited"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"too many requests: try again in {seconds} s",
            {"retry_after_seconds": seconds},
            headers={"Retry-After": str(seconds)},
        )


class Unavailable(Problem):
    """The store does not answer; nothing was stored."""

    status, code = 503, "unavailable"

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"Retry-After": "1"})


CODES = {
    400: Malformed.code,
    401: Unauthorized.code,
    403: Forbidden.code,
    404: NotFound.code,
    409: Conflict.code,
    422: Invalid.code,
    429: RateLimited.code,
    503: Unavailable.code,
}


def code_of(status: int) -> str:
    """The code of any status: what is not listed is the caller's below 500, the service's above."""
    return CODES.get(status, Malformed.code if status < 500 else Problem.code)
