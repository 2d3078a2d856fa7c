"""Types that several bodies share."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from contracts.compatibility import Breaks, Classification, Level
from contracts.policy import Policy


class Layer(StrEnum):
    """Where on the data's way a schema is promised."""

    extraction = "extraction"
    raw = "raw"
    silver = "silver"
    gold = "gold"
    activation = "activation"


class Shape(BaseModel):
    """Nothing is taken that is not described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_SYNONYMS = {"BOTH": "FULL"}


def _policy(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    upper = given.upper()
    return _SYNONYMS.get(upper, upper)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


PLAIN = r"^[^\x00-\x1f\x7f\s]([^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\s])?$"
"""Text without control characters, and without space at its ends."""
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN)]
AnyPolicy = Annotated[Policy, BeforeValidator(_policy)]
Moment = Annotated[datetime, PlainSerializer(_utc, return_type=str, when_used="json")]
VERSION = r"^(current|latest|[1-9][0-9]{0,8})$"
DatasetId = Annotated[
    str,
    Field(
        description="The dataset's id.",
        max_length=200,
        pattern=PLAIN,
        examples=["3f0c7b62-8a55-4a7e-9a52-1c7f2d7f7f11"],
    ),
]
ClassificationField = Annotated[
    Classification,
    Field(
        description="`both`: new readers read old data and old readers read new data; `backward`:"
        " only new readers read old data; `forward`: only old readers read new data; `none`:"
        " neither."
    ),
]


class ErrorBody(Shape):
    """Every answer that is no success."""

    code: Literal[
        "invalid_request",
        "unauthorized",
        "forbidden",
        "not_found",
        "conflict",
        "rate_limited",
        "internal_error",
        "unavailable",
    ] = Field(description="What kind of failure it is.")
    message: str = Field(
        description="What is wrong, for people.", examples=["there is no such dataset"]
    )
    details: dict[str, Any] = Field(description="Where and what is wrong, for programs.")
    correlation_id: str = Field(
        description="The id of the request in the answer's head, logs, audit trail and traces.",
        examples=["9f86d081884c7d65"],
    )


class ChangeBody(Shape):
    """One difference between two schemas and what it breaks."""

    op: Literal["add", "remove", "change"] = Field(description="What happened there.")
    path: str = Field(description="JSON pointer into a document.", examples=["/amount"])
    field: str = Field(description="The same place as a dotted name.", examples=["amount"])
    rule: str = Field(description="The rule that was met.", examples=["type_changed"])
    schema_path: str = Field("", description="JSON pointer into the schemas.")
    old: Any = Field(None, description="What the base says there.")
    new: Any = Field(None, description="What the new schema says there.")
    level: Level = Field(description="`error` breaks readers, `warning` may surprise them.")
    breaks: Breaks = Field(description="Which direction of reading it breaks.")
    message: str = Field(description="Why, in words.")
    hint: str = Field(description="What to do instead.")
    example: Any = Field(
        None, description="A document that shows the break, if one is known; absent without one."
    )
    against: int | None = Field(
        None, description="The version it was compared with, where several were."
    )


class DirectionBody(Shape):
    """Whether one direction of reading holds, and why."""

    holds: Literal["yes", "no", "unknown"] = Field(
        description="`yes` is proved; `no` has an example; `unknown` counts as no."
    )
    why: str = Field(description="The reason in words.")
    example: Any = Field(
        None,
        description="A document that one schema takes and the other refuses; absent without one.",
    )
