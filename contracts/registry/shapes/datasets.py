"""Bodies about datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from contracts.policy import Policy
from contracts.registry.shapes.words import AnyPolicy, DatasetId, Moment, Shape, Word

Status = Literal["active", "deprecated", "retired"]
Promotions = Literal["open", "frozen"]
_POLICY = "What a new version must be to become current, in the Confluent Schema Registry's words."


def _calendar(moment: datetime) -> datetime:
    if not 2000 <= moment.year < 3000:
        raise ValueError("a year from 2000 to 2999 is expected")
    return moment


class NewDataset(Shape):
    """A dataset to be registered."""

    namespace: Word = Field(description="Who it belongs to.", examples=["payments"])
    name: Word = Field(description="Its name there.", examples=["charges"])
    owner: Word = Field(description="Who answers for it.", examples=["team-payments"])
    steward: Word | None = Field(
        None, description="Who looks after its meaning.", examples=["data-office"]
    )
    compatibility: AnyPolicy = Field("BACKWARD", description=_POLICY)


class DatasetChange(Shape):
    """What is to be different; what is left out stays."""

    status: Status = Field("active", description="Retired datasets take no more schemas.")
    promotions: Promotions = Field(
        "open", description="`frozen` stops every flip of current, whoever asks."
    )
    owner: Word = Field("-", description="Who answers for it.", examples=["team-payments"])
    steward: Word | None = Field(None, description="Who looks after its meaning.")
    compatibility: AnyPolicy = Field("BACKWARD", description=_POLICY)
    sunset_at: Annotated[AwareDatetime, AfterValidator(_calendar)] | None = Field(
        None,
        description="When it will be gone; null takes that back.",
        examples=["2027-06-30T00:00:00Z"],
    )


class DatasetBody(Shape):
    """A dataset as it is."""

    dataset_id: DatasetId
    namespace: str = Field(description="Who it belongs to.", examples=["payments"])
    name: str = Field(description="Its name there.", examples=["charges"])
    owner: str = Field(description="Who answers for it.", examples=["team-payments"])
    steward: str | None = Field(description="Who looks after its meaning.")
    compatibility: Policy = Field(description=_POLICY)
    status: Status = Field(description="Retired datasets take no more schemas.")
    promotions: Promotions = Field(description="`frozen` stops every flip of current.")
    sunset_at: Moment | None = Field(description="When it will be gone.")
    deprecated_at: Moment | None = Field(description="Since when it is deprecated or retired.")
    created_at: Moment = Field(description="When it was registered.")
    created_by: str = Field(description="Who registered it.", examples=["tok_1f2e3d4c5b6a7980"])
    updated_at: Moment = Field(description="When it was last changed.")


class DatasetPage(Shape):
    """Datasets by namespace and name."""

    items: list[DatasetBody] = Field(description="The datasets of this page.")
    page: int = Field(description="Which page this is, from 1.")
    page_size: int = Field(description="How many a page has at most.")
    total: int = Field(description="How many there are on all pages.")
