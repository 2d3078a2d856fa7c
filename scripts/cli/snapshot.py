"""`hallmark snapshot`: the copies of Gold that readers open."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.cli.options import Json
from scripts.console import Output

snapshot = typer.Typer(
    help="The copies of Gold that readers open while runs go on.", no_args_is_help=True
)
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")]


@snapshot.command("list")
def list_snapshots(as_json: Json = False) -> None:
    """The snapshots that are there, which one is served, and how that came about.

    Example: hallmark snapshot list
    """
    from scripts.snapshot import show_snapshots

    show_snapshots(Output(as_json=as_json))


@snapshot.command()
def publish(
    keep: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many stay, else five; the served one and what it would be rolled back to"
            " in any case.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Serve the Gold that is in the warehouse, if the last gate passed it.

    Example: hallmark snapshot publish --keep 10
    """
    from dlt_pipelines.control.serving import KEPT
    from scripts.snapshot import preview_publish, publish_gold

    act = preview_publish if dry_run else publish_gold
    act(Output(as_json=as_json), keep=keep or KEPT)


@snapshot.command()
def rollback(
    to: Annotated[str | None, typer.Option(help="The run to go back to; else the one before.")] = (
        None
    ),
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Serve an earlier snapshot again, once it was read whole. No run has to end for it.

    Example: hallmark snapshot rollback --to 20261120T185155Z-ba6fa3
    """
    from scripts.snapshot import preview_rollback, roll_back

    act = preview_rollback if dry_run else roll_back
    act(Output(as_json=as_json), to=to)
