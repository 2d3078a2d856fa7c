"""Errors in Stripe's shape."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.mock_api.payments.vocabulary import Json

DOCS = "https://stripe.com/docs/error-codes"


@dataclass
class ApiError(Exception):
    """An answer other than 200; `code` and `param` are left out of the body when empty."""

    status: int
    message: str
    code: str = ""
    param: str = ""

    def body(self) -> Json:
        error = {"message": self.message, "type": "invalid_request_error"}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"{DOCS}/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error}


def no_key() -> ApiError:
    return ApiError(
        401,
        "You did not provide an API key. You need to provide your API key in the Authorization "
        "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    )


def wrong_key() -> ApiError:
    return ApiError(401, "Invalid API Key provided.")


def unknown_url(method: str, path: str) -> ApiError:
    return ApiError(
        404, f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs."
    )


def missing(entity: str, identity: str, *, param: str, status: int) -> ApiError:
    """404 when an object is asked for, 400 when a list is to start at it."""
    kind = entity.removesuffix("s")
    return ApiError(status, f"No such {kind}: '{identity}'", "resource_missing", param)


def not_an_integer(param: str, value: str) -> ApiError:
    return ApiError(400, f"Invalid integer: {value}", "parameter_invalid_integer", param)


def out_of_range(param: str, value: int, bound: str) -> ApiError:
    message = f"This value must be {bound} (it currently is '{value}')."
    return ApiError(400, message, "parameter_invalid_integer", param)


def unknown_parameter(param: str) -> ApiError:
    return ApiError(400, f"Received unknown parameter: {param}", "parameter_unknown", param)


def exclusive(one: str, other: str) -> ApiError:
    return ApiError(400, f"Received both {one} and {other} parameters. Please pass in only one.")
