"""`hallmark state`: the cursors that each load left, and going back to them."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.cli.options import Json, SourceName, check_entities, one_or_all
from scripts.console import Output

state = typer.Typer(help="How far each source was read, and going back.", no_args_is_help=True)
Source = Annotated[SourceName, typer.Argument(help="Whose state.")]


@state.command("list")
def list_versions(
    source: Annotated[SourceName | None, typer.Argument(help="Only this source.")] = None,
    as_json: Json = False,
) -> None:
    """The stored versions, newest first: whose run, which cursors moved, what is in force.

    Example: hallmark state list payments
    """
    from scripts.state import show_versions

    show_versions(Output(as_json=as_json), one_or_all(source))


@state.command()
def show(
    source: Source,
    run: Annotated[str | None, typer.Option(help="As this run left it; else in force.")] = None,
    as_json: Json = False,
) -> None:
    """Each entity's cursor, and the newest event whose changes it has seen.

    Example: hallmark state show payments --run 20261120T185155Z-ba6fa3
    """
    from scripts.state import show_state

    show_state(Output(as_json=as_json), source.value, run=run)


@state.command()
def diff(
    source: Source,
    from_run: Annotated[str, typer.Option("--from", help="As this run left it.")],
    to_run: Annotated[
        str | None, typer.Option("--to", help="As this run left it; else in force.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What moved between two runs, per entity.

    Example: hallmark state diff payments --from 20261120T185155Z-ba6fa3
    """
    from scripts.state import show_moves

    show_moves(Output(as_json=as_json), source.value, from_run=from_run, to_run=to_run)


@state.command()
def rewind(
    source: Source,
    to: Annotated[str, typer.Option(help="The run whose cursors are to be in force again.")],
    entity: Annotated[list[str] | None, typer.Option(help="Only this one (repeatable).")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what.")] = False,
    as_json: Json = False,
) -> None:
    """Set the cursors back, so that the next load reads on from there; raw keeps its rows.

    Example: hallmark state rewind payments --to 20261120T185155Z-ba6fa3
    """
    from scripts.state import preview_rewind, rewind_state

    check_entities([source.value], entity or [])
    act = rewind_state if yes else preview_rewind
    act(Output(as_json=as_json), source.value, to=to, entities=entity or [])
