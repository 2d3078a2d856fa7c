"""`hallmark freeze`: which sources nothing is built on, and letting one go."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.cli.options import Json, SourceName, check_entities
from scripts.console import Output

freeze = typer.Typer(
    help="Sources that dbt refuses to build on, because their rows broke a contract.",
    no_args_is_help=True,
)


@freeze.command("list")
def list_freezes(as_json: Json = False) -> None:
    """What is frozen, since when and why; table control.freeze holds what was lifted as well.

    Example: hallmark freeze list
    """
    from scripts.freeze import show_freezes

    show_freezes(Output(as_json=as_json))


@freeze.command()
def lift(
    source: Annotated[SourceName, typer.Argument(help="Whose freeze.")],
    reason: Annotated[str, typer.Option(help="Why building on it is right; it is recorded.")],
    entity: Annotated[str | None, typer.Option(help="Only this entity's freeze.")] = None,
    as_json: Json = False,
) -> None:
    """Let dbt build on a source again. A later load that finds such drift freezes it anew.

    Example: hallmark freeze lift payments --reason "test rows, see quarantine"
    """
    from scripts.freeze import lift_freezes

    check_entities([source.value], [entity] if entity else [])
    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    lift_freezes(Output(as_json=as_json), source.value, entity=entity, reason=reason)
