"""Bodies about subscriptions and what is sent to them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.policy import Policy
from contracts.registry.shapes.words import (
    AnyPolicy,
    DatasetId,
    Layer,
    Moment,
    Shape,
    Word,
)

FieldName = Annotated[
    str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["amount"])
]
DeliveryStatus = Literal["pending", "delivered", "failed"]
_FIELDS = "Dotted names or JSON pointers of what it reads; none means everything."
_REQUIRED = "The directions that must hold for what it reads."
_MIN_VERSION = "The oldest version that it can read."


class NewSubscription(Shape):
    """A consumer that wants to be told what breaks it."""

    dataset_id: DatasetId
    layer: Layer = Field(description="The layer it reads.")
    consumer: Word = Field(description="Who reads.", examples=["finance-dashboard"])
    required_compatibility: AnyPolicy = Field(description=_REQUIRED, examples=["BACKWARD"])
    min_version: Annotated[int, Field(ge=1, le=999_999_999)] | None = Field(
        None, description=_MIN_VERSION
    )
    fields: Annotated[list[FieldName], Field(max_length=1000)] = Field([], description=_FIELDS)
    callback_url: Annotated[str, Field(min_length=1, max_length=2000)] | None = Field(
        None,
        description="Where breaking changes are posted to; no private address.",
        examples=["https://hooks.example.com/contracts"],
    )


class SubscriptionBody(Shape):
    """A subscription as it is."""

    subscription_id: str = Field(description="Its id.", examples=["sub_0a1b2c3d4e5f6071"])
    dataset_id: DatasetId
    layer: Layer = Field(description="The layer it reads.")
    consumer: str = Field(description="Who reads.", examples=["finance-dashboard"])
    required_compatibility: Policy = Field(description=_REQUIRED)
    min_version: int | None = Field(description=_MIN_VERSION)
    fields: list[str] = Field(description=_FIELDS)
    callback_url: str | None = Field(
        description="Where breaking changes are posted to; of another's subscription the host."
    )
    created_at: Moment = Field(description="When it was made.")
    created_by: str = Field(description="Who made it.")


class SubscriptionMade(SubscriptionBody):
    """A new subscription, with the secret that is shown this once."""

    secret: str | None = Field(
        description="Verifies the signature of what is posted; null without a callback."
    )


class SubscriptionPage(Shape):
    """Subscriptions, newest first."""

    items: list[SubscriptionBody] = Field(description="The subscriptions of this page.")
    page: int = Field(description="Which page this is, from 1.")
    page_size: int = Field(description="How many a page has at most.")
    total: int = Field(description="How many there are on all pages.")


class BrokenSubscription(Shape):
    """A consumer that a change breaks."""

    subscription_id: str = Field(description="Its subscription.")
    consumer: str = Field(description="Who reads.", examples=["finance-dashboard"])
    required_compatibility: Policy = Field(description=_REQUIRED)
    fields: list[str] = Field(description=_FIELDS)
    reasons: list[str] = Field(description="What breaks it, in words.")


class Attempt(Shape):
    """One POST to a subscriber."""

    number: int = Field(description="1 for the first.")
    started_at: Moment = Field(description="When it was sent.")
    duration_ms: float = Field(description="Milliseconds until its answer or its failure.")
    status_code: int | None = Field(description="The answer's status; null without an answer.")
    error: str | None = Field(description="Why there was no good answer.")


class DeliveryBody(Shape):
    """An event for a subscriber and what became of it."""

    delivery_id: str = Field(description="The event's id as well.")
    subscription_id: str = Field(description="Whom it is for.")
    dataset_id: DatasetId
    layer: Layer = Field(description="The layer that changed.")
    version: int = Field(description="The version that breaks.")
    event_type: str = Field(description="The CloudEvents type.")
    status: DeliveryStatus = Field(description="`failed` when the last attempt has failed.")
    created_at: Moment = Field(description="When the change was stored.")
    delivered_at: Moment | None = Field(description="When the subscriber took it.")
    next_attempt_at: Moment | None = Field(description="When it is tried again.")
    attempts: list[Attempt] = Field(description="Every attempt.")
    event: dict[str, Any] = Field(description="The CloudEvent as it is sent.")


class DeliveryPage(Shape):
    """Deliveries, newest first."""

    items: list[DeliveryBody] = Field(description="The deliveries of this page.")
    page: int = Field(description="Which page this is, from 1.")
    page_size: int = Field(description="How many a page has at most.")
    total: int = Field(description="How many there are on all pages.")


class AuditBody(Shape):
    """A change and who made it."""

    audit_id: int = Field(description="Grows with time.")
    at: Moment = Field(description="When it was made.")
    actor: str = Field(description="The token's id, `anonymous` without tokens, or `command`.")
    action: str = Field(description="What was done.", examples=["current.set"])
    target: str = Field(description="What it was done to, a path of ids.")
    old: dict[str, Any] | None = Field(description="What was.")
    new: dict[str, Any] | None = Field(description="What is.")
    correlation_id: str = Field(description="The request it came with.")


class AuditPage(Shape):
    """The audit trail, newest first."""

    items: list[AuditBody] = Field(description="The changes of this page.")
    page: int = Field(description="Which page this is, from 1.")
    page_size: int = Field(description="How many a page has at most.")
    total: int = Field(description="How many there are on all pages.")
