"""`hallmark replay`: runs that have landed, loaded again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from scripts.cli.options import Json, SourceName, check_entities
from scripts.console import Output

replays = typer.Typer()


@replays.command()
def replay(
    source: Annotated[SourceName, typer.Argument(help="Whose runs.")],
    run_id: Annotated[str | None, typer.Option(help="This run.")] = None,
    dt: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="All runs of this day, in their order."),
    ] = None,
    entity: Annotated[list[str] | None, typer.Option(help="Only this entity (repeatable).")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would load.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Rebuild raw from what has landed, by the present contract and without the API.

    Example: hallmark replay payments --dt 2026-11-20
    """
    from scripts.replay import replay_runs

    if (run_id is None) == (dt is None):
        raise typer.BadParameter("give either --run-id or --dt")
    check_entities([source.value], entity or [])
    replay_runs(
        Output(as_json=as_json),
        source.value,
        run_id=run_id,
        day=dt.date() if dt else None,
        entities=entity or [],
        dry_run=dry_run,
    )
