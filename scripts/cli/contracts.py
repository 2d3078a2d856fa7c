"""`hallmark contracts`: what a change breaks, and bringing contracts up to what came."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli.options import Json, LayerName, SourceName, one_or_all
from scripts.console import Output

contracts = typer.Typer(
    help="The promises at every step: what changed, what it breaks, and whom.",
    no_args_is_help=True,
)
RegistryUrl = Annotated[
    str | None, typer.Option(help="Address of the registry, instead of REGISTRY__URL.")
]


@contracts.command("diff")
def diff_contracts(
    old: Annotated[Path, typer.Argument(help="The contract as it is.")],
    new: Annotated[Path, typer.Argument(help="The contract as it is to be.")],
    as_json: Json = False,
) -> None:
    """What a change of a contract breaks, for whom and why. Exit code 1: incompatible.

    Each file is an API's contract of an entity or a published version of any
    contract.

    Example: hallmark contracts diff old.yaml contracts/payments/charges.yaml
    """
    from scripts.contracts.compare import compare_contracts

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
    """What differs from the contracts in force, and which readers break. Exit code 1: some do.

    Of each changed field it names the raw column, the columns made of it in
    Silver, Gold and Activation, the exposures, and with a registry the
    subscribers.

    Example: hallmark contracts check --against main
    """
    from scripts.contracts.check import check as check_contracts

    raise typer.Exit(0 if check_contracts(Output(as_json=as_json), against=against) else 1)


@contracts.command()
def publish(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")
    ] = False,
    registry: RegistryUrl = None,
    as_json: Json = False,
) -> None:
    """Write the next version of each contract that differs from its last one, and register it.

    Versions lie in contracts/published/<layer>/<contract>/<n>.yaml and are never
    changed. What breaks the readers of a model is refused, and nothing is
    written: it needs a new version of the model. With a registry, exposures
    become subscriptions. Exit code 1: refused, or registered and not current.

    Example: hallmark contracts publish --dry-run
    """
    from scripts.contracts.publish import publish as publish_contracts

    good = publish_contracts(Output(as_json=as_json), dry_run=dry_run, url=registry)
    raise typer.Exit(0 if good else 1)


@contracts.command()
def lint(as_json: Json = False) -> None:
    """What contracts lack: owner, description, key, classification, names. Exit code 1: something.

    The APIs' contracts and those that dbt enforces on models, each fault with
    file and line.

    Example: hallmark contracts lint
    """
    from scripts.contracts.lint import lint as lint_contracts

    raise typer.Exit(0 if lint_contracts(Output(as_json=as_json)) else 1)


@contracts.command()
def subscribe(
    contract: Annotated[
        str | None, typer.Argument(help="Its name, or namespace.name; none lists subscriptions.")
    ] = None,
    consumer: Annotated[
        str | None, typer.Option(help="Who reads; when listing, only theirs.")
    ] = None,
    layer: Annotated[LayerName | None, typer.Option(help="Where several have the name.")] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="A field that is read (repeatable); else all.")
    ] = None,
    callback_url: Annotated[
        str | None, typer.Option(help="Where the registry posts breaking changes.")
    ] = None,
    registry: RegistryUrl = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be subscribed; change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Tell the registry who reads a contract, or list who does.

    A change that breaks the fields named is then told with the consumer's name,
    by `hallmark contracts check` and by the registry.

    Example: hallmark contracts subscribe fct_payments --consumer finance
    """
    from scripts.contracts.subscribe import show_subscriptions
    from scripts.contracts.subscribe import subscribe as subscribe_consumer

    output = Output(as_json=as_json)
    if contract is None:
        show_subscriptions(output, consumer=consumer, url=registry)
        return
    if not consumer:
        raise typer.BadParameter("name who reads it: --consumer")
    subscribe_consumer(
        output,
        contract,
        consumer=consumer,
        layer=layer.value if layer else None,
        fields=list(dict.fromkeys(field or [])),
        callback_url=callback_url,
        url=registry,
        dry_run=dry_run,
    )


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

    Example: hallmark contracts accept-drift payments --entity charges
    """
    from scripts.commands import unknown_entities
    from scripts.contracts.accept import write_patch

    names = one_or_all(source)
    known = [name for name in names if not entity or not unknown_entities([name], [entity])]
    if not known:
        raise typer.BadParameter(unknown_entities(names, [entity] if entity else []))
    write_patch(Output(as_json=as_json), known, entity=entity, path=output)
