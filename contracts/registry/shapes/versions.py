"""Bodies about versions, their diffs and checks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.registry.shapes.subscriptions import BrokenSubscription
from contracts.registry.shapes.words import (
    VERSION,
    ChangeBody,
    ClassificationField,
    DatasetId,
    DirectionBody,
    Layer,
    Moment,
    Shape,
    Word,
)

SchemaJson = Annotated[
    dict[str, Any] | bool,
    Field(
        alias="schema_json",
        description="A JSON Schema, draft 4 to 2020-12; draft-07 when it declares none.",
        examples=[{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}],
    ),
]
VersionNumber = Annotated[int, Field(description="1, 2, 3, … without gaps.", examples=[3])]
SchemaHash = Annotated[
    str, Field(description="SHA-256 of the schema with its keys sorted, without white space.")
]
IsCurrent = Annotated[bool, Field(description="Whether it is what readers should use.")]
Promotion = Literal["current", "not_asked", "incompatible", "frozen"]


class NewSchema(Shape):
    """A schema to be stored as the next version."""

    value: SchemaJson
    schema_registry_id: Word | None = Field(
        None, description="Its id in another schema registry.", examples=["confluent:1042"]
    )
    set_current_if_compatible: bool = Field(
        False, description="Whether it becomes current if the dataset's policy allows it."
    )


class Ingested(Shape):
    """What became of a schema."""

    dataset_id: DatasetId
    layer: Layer = Field(description="The layer it is of.")
    version: VersionNumber
    is_current: IsCurrent
    compatibility: ClassificationField
    compatible: bool = Field(description="Whether the dataset's policy allows it.")
    checked_against: list[int] = Field(description="The versions it was compared with.")
    promotion: Promotion = Field(description="Why it is current, or why it is not.")
    message: str = Field(description="The same in words, with the direction that is meant.")
    schema_hash: SchemaHash
    created_at: Moment = Field(description="When the version was stored.")


class VersionSummary(Shape):
    """A version without its schema."""

    version: VersionNumber
    is_current: IsCurrent
    compatibility: ClassificationField
    schema_hash: SchemaHash
    created_at: Moment = Field(description="When it was stored.")
    created_by: str = Field(description="Who stored it.", examples=["tok_1f2e3d4c5b6a7980"])


class VersionPage(Shape):
    """Versions, newest first."""

    items: list[VersionSummary] = Field(description="The versions of this page.")
    page: int = Field(description="Which page this is, from 1.")
    page_size: int = Field(description="How many a page has at most.")
    total: int = Field(description="How many there are on all pages.")


class VersionBody(VersionSummary):
    """A version whole."""

    dataset_id: DatasetId
    layer: Layer = Field(description="The layer it is of.")
    compatible: bool = Field(description="Whether the policy allowed it when it came.")
    compared_with: int | None = Field(description="The version that its verdict is about.")
    schema_registry_id: str | None = Field(description="Its id in another schema registry.")
    value: SchemaJson


class CurrentSet(Shape):
    """What is current after the flip."""

    dataset_id: DatasetId
    layer: Layer = Field(description="The layer it is of.")
    version: VersionNumber
    is_current: IsCurrent
    previous_version: int | None = Field(description="What was current before.")


class DiffBody(Shape):
    """What is different between two versions."""

    from_: int = Field(alias="from", description="The base version.")
    to: int = Field(description="The version that is compared with it.")
    classification: ClassificationField
    message: str = Field(description="The verdict in words, with the direction that is meant.")
    backward: DirectionBody = Field(description="Whether new readers read old data.")
    forward: DirectionBody = Field(description="Whether old readers read new data.")
    changes: list[ChangeBody] = Field(description="Every difference, with its reason.")


class Check(Shape):
    """A schema that somebody thinks of publishing."""

    dataset_id: DatasetId
    layer: Layer = Field(description="The layer it would be of.")
    base_version: (
        Annotated[int, Field(ge=1, le=999_999_999)] | Annotated[str, Field(pattern=VERSION)]
    ) = Field(
        "current", description="A version's number, `current` or `latest`.", examples=["current"]
    )
    value: SchemaJson


class CheckBody(Shape):
    """What storing that schema would mean; nothing was stored."""

    classification: ClassificationField
    compatible: bool = Field(description="Whether the dataset's policy would allow it.")
    message: str = Field(description="The verdict in words, with the direction that is meant.")
    checked_against: list[int] = Field(description="The versions it was compared with.")
    changes: list[ChangeBody] = Field(
        description="Every difference from the base version, and what breaks any other."
    )
    broken_subscriptions: list[BrokenSubscription] = Field(
        description="Consumers whose fields it would break."
    )


class Document(Shape):
    """A document that should fit a version."""

    document: Any = Field(description="Any JSON value.", examples=[{"id": "ch_1"}])


class ViolationBody(Shape):
    """A place that does not fit."""

    path: str = Field(description="JSON pointer into the document.", examples=["/id"])
    message: str = Field(description="What is wrong there.")


class ValidBody(Shape):
    """Whether the document fits."""

    valid: bool = Field(description="Whether nothing is wrong.")
    errors: list[ViolationBody] = Field(description="What is wrong, 100 places at most.")
