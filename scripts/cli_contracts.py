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


@contracts.command()
def check(
    against: Annotated[
        str | None,
        typer.Option(
            help="A branch or commit, or `registry`; else the configured registry, or"
            " contracts/published."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """What differs from the contracts in force, whether it breaks a reader, and whom. Exit code 1:
    it does.

    Of each changed field it names the raw column, the columns made of it in Silver, Gold and
    Activation, the exposures, and with a registry the subscribers.

    Example: hallmark contracts check --against main
    """
    from scripts.check import check as check_contracts

    raise typer.Exit(0 if check_contracts(Output(as_json=as_json), against=against) else 1)


@contracts.command()
def publish(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")
    ] = False,
    registry: Annotated[
        str | None, typer.Option(help="Address of the registry, instead of REGISTRY__URL.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the next version of each contract that differs from its last one, and register it.

    Versions lie in contracts/published/<layer>/<contract>/<n>.yaml and are never changed. What
    breaks the readers of a model is refused, and nothing is written: it needs a new version of the
    model. With a registry, exposures become subscriptions. Exit code 1: refused, or registered and
    not current.

    Example: hallmark contracts publish --dry-run
    """
    from scripts.publish import publish as publish_contracts

    good = publish_contracts(Output(as_json=as_json), dry_run=dry_run, url=registry)
    raise typer.Exit(0 if good else 1)


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
