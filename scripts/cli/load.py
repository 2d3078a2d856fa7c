"""`hallmark load`, `sweep` and `plan`: what to read of the sources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from scripts.cli.options import Days, Json, SourceName, check_entities, days_of, names_of
from scripts.console import Output

if TYPE_CHECKING:
    from dlt_pipelines.loading.windows import Extent
    from scripts.backfill import Stretch

loads = typer.Typer()
Sources = Annotated[list[SourceName], typer.Argument(help="What to load.")]
Entities = Annotated[
    list[str] | None,
    typer.Option("--entity", help="Only this one and what it is reached through (repeatable)."),
]
Workers = Annotated[
    int | None, typer.Option(min=1, max=64, help="Requests side by side; else as configured.")
]


def moment(text: str) -> datetime:
    """A date or ISO 8601 date-time, UTC unless it says otherwise, in whole seconds."""
    try:
        parsed = datetime.fromisoformat(text).replace(microsecond=0)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} is no date (2026-01-31, 2026-01-31T12:00)") from error


@loads.command()
def load(
    source: Sources,
    entity: Entities = None,
    days: Days = None,
    begin: Annotated[
        datetime | None,
        typer.Option(
            "--from", parser=moment, metavar="DATE", help="Load the past from here on (UTC)."
        ),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(
            "--to", parser=moment, metavar="DATE", help="With --from: up to here; else now."
        ),
    ] = None,
    window_days: Annotated[
        int | None,
        typer.Option(min=1, max=36500, help="With --from: days that a run loads at a time (7)."),
    ] = None,
    workers: Workers = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do, as `hallmark plan`.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Load what is new or changed into the raw tables; with --from a stretch of the past.

    The past is loaded in windows, and cursors stay where they are. The same
    command goes on where it was cut off.

    Example: hallmark load payments --from 2026-01-01 --to 2026-02-01
    """
    from dlt_pipelines.loading.windows import Extent
    from scripts.backfill import backfill
    from scripts.commands import load_sources

    names, output = _checked(source, entity), Output(as_json=as_json)
    stretch = _stretch(begin, end, window_days)
    if stretch is not None:
        _check_stretch(names, entity, days, stretch)
    if dry_run:
        _plan(output, names, entity, stretch.extent() if stretch else Extent(days=days_of(days)))
    if stretch is not None:
        backfill(output, names[0], stretch, entities=entity or [], workers=workers)
        return
    extent = Extent(days=days_of(days))
    load_sources(output, sources=names, entities=entity or [], extent=extent, workers=workers)


@loads.command()
def sweep(
    source: Sources, entity: Entities = None, workers: Workers = None, as_json: Json = False
) -> None:
    """Read everything again, store what changed, and notice what was deleted.

    Example: hallmark sweep payments --entity customers
    """
    from dlt_pipelines.loading.windows import Extent
    from scripts.commands import load_sources

    load_sources(
        Output(as_json=as_json),
        sources=_checked(source, entity),
        entities=entity or [],
        extent=Extent(whole=True),
        workers=workers,
        name="sweep",
    )


@loads.command()
def plan(
    source: Sources, entity: Entities = None, days: Days = None, as_json: Json = False
) -> None:
    """What a load would ask for, judged by a sample; writes nothing. Exit code 1: it would break.

    Example: hallmark plan payments zephyr --json
    """
    from dlt_pipelines.loading.windows import Extent

    _plan(Output(as_json=as_json), _checked(source, entity), entity, Extent(days=days_of(days)))


def _plan(
    output: Output, names: tuple[str, ...], entity: list[str] | None, extent: Extent
) -> NoReturn:
    from scripts.plan import show_plan

    raise typer.Exit(0 if show_plan(output, names, entities=entity or [], extent=extent) else 1)


def _checked(source: list[SourceName], entity: list[str] | None) -> tuple[str, ...]:
    names = names_of(source)
    check_entities(names, entity or [])
    return names


def _stretch(
    begin: datetime | None, end: datetime | None, window_days: int | None
) -> Stretch | None:
    from scripts.backfill import WINDOW_DAYS, Stretch

    if begin is None:
        if end is not None or window_days is not None:
            raise typer.BadParameter("--to and --window-days belong to a load --from a date")
        return None
    return Stretch(begin, end, window_days or WINDOW_DAYS)


def _check_stretch(
    names: tuple[str, ...], entity: list[str] | None, days: int | None, stretch: Stretch
) -> None:
    from scripts.backfill import misuse

    wrong = misuse(names, entity or [], stretch)
    if days is not None:
        wrong = "--days reads from the present back, --from forward: give one of them"
    if wrong:
        raise typer.BadParameter(wrong)
