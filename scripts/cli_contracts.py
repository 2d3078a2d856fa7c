"""`hallmark contracts`: what a change breaks, and bringing contracts up to what came."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli_options import Json, SourceName
from scripts.console import Output

contracts = typer.Typer(help="The promises of the sources.", no_args_is_help=True)


@contracts.command("diff")
def diff_contracts(
    old: Annotated[Path, typer.Argument(help="The contract as it is.")],
    new: Annotated[Path, typer.Argument(help="The contract as it is to be.")],
    as_json: Json = False,
) -> None:
    """What a change of an entity's contract breaks, for whom and why. Exit code 1: incompatible.

    Example: hallmark contracts diff old/charges.yaml contracts/payments/charges.yaml
    """
    from scripts.compare import compare_contracts

    raise typer.Exit(0 if compare_contracts(Output(as_json=as_json), old, new) else 1)


@contracts.command("accept-drift")
def accept_drift(
    source: Annotated[SourceName | None, typer.Argument(help="Only this source.")] = None,
    entity: Annotated[str | None, typer.Option(help="Only this entity.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="The patch's file, else accept-drift.patch in LOCAL_DATA_DIR."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a patch that lets the contracts accept what loads observed; changes no contract.

    Example: hallmark contracts accept-drift payments --entity charges --output charges.patch
    """
    from scripts.accept import write_patch
    from scripts.commands import unknown_entities

    names = [each.value for each in ([source] if source else SourceName)]
    known = [name for name in names if not entity or not unknown_entities([name], [entity])]
    if not known:
        raise typer.BadParameter(unknown_entities(names, [entity] if entity else []))
    write_patch(Output(as_json=as_json), known, entity=entity, path=output)
