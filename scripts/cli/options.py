"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from dlt_pipelines import config


class SourceName(StrEnum):
    payments = "payments"
    zephyr = "zephyr"


class LayerName(StrEnum):
    extraction = "extraction"
    raw = "raw"
    silver = "silver"
    gold = "gold"
    activation = "activation"


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Days = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=36500,
        help="Read payments created in the last N days again, cursor or not; else DEFAULT_DAYS.",
    ),
]


def names_of(sources: list[SourceName] | None) -> tuple[str, ...]:
    """The names, each once."""
    return tuple(dict.fromkeys(source.value for source in sources or []))


def one_or_all(source: SourceName | None) -> tuple[str, ...]:
    """The source asked for, else every one."""
    return names_of([source] if source else list(SourceName))


def days_of(days: int | None) -> int | None:
    """The days asked for, else those that are configured. Raises CFG001."""
    return config.default_days() if days is None else days


def check_entities(sources: Sequence[str], entities: Sequence[str]) -> None:
    """Ends as wrong usage when an entity belongs to none of the sources."""
    from scripts.commands import unknown_entities

    unknown = unknown_entities(sources, entities)
    if unknown:
        raise typer.BadParameter(unknown)
