"""`hallmark quarantine`: the rows that do not fit their contract, and what becomes of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from scripts.cli.options import Json, SourceName, check_entities, one_or_all
from scripts.console import Output

quarantine = typer.Typer(help="Rows that do not fit their contract.", no_args_is_help=True)
Source = Annotated[SourceName, typer.Argument(help="Whose rows.")]
Entities = Annotated[list[str] | None, typer.Option(help="Only this entity (repeatable).")]


class Status(StrEnum):
    open = "open"
    replayed = "replayed"
    discarded = "discarded"


@quarantine.command("list")
def list_rows(
    source: Annotated[SourceName | None, typer.Argument(help="Only this source.")] = None,
    entity: Entities = None,
    status: Annotated[Status | None, typer.Option(help="Only rows with this status.")] = None,
    as_json: Json = False,
) -> None:
    """Each row once: what of it does not fit, where it lies, how often it came.

    Example: hallmark quarantine list payments --status open
    """
    from scripts.quarantine import show_rows

    if source is None and entity:
        raise typer.BadParameter("--entity is of a source: name it")
    sources = one_or_all(source)
    check_entities(sources, entity or [])
    show_rows(
        Output(as_json=as_json),
        sources,
        entities=entity or [],
        status=status.value if status else None,
    )


@quarantine.command()
def show(
    source: Source,
    row: Annotated[str, typer.Argument(metavar="ID", help="The row's id, or how it begins.")],
    reveal: Annotated[bool, typer.Option("--reveal", help="Print the values as well.")] = False,
    as_json: Json = False,
) -> None:
    """The row as it landed, what does not fit marked; values are masked.

    Example: hallmark quarantine show payments 3f9a1c
    """
    from scripts.quarantine import show_row

    show_row(Output(as_json=as_json), source.value, row, reveal=reveal)


@quarantine.command()
def replay(
    source: Source,
    entity: Entities = None,
    row: Annotated[
        list[str] | None,
        typer.Option("--id", help="Only this row, discarded or not (repeatable)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would fit.")] = False,
    as_json: Json = False,
) -> None:
    """Decode open rows by the present contract and load those that fit.

    Example: hallmark quarantine replay payments --entity charges
    """
    from scripts.quarantine import replay_rows

    check_entities([source.value], entity or [])
    replay_rows(
        Output(as_json=as_json),
        source.value,
        entities=entity or [],
        ids=row or [],
        dry_run=dry_run,
    )


@quarantine.command()
def discard(
    source: Source,
    rows: Annotated[list[str], typer.Argument(metavar="ID…", help="As in `list`.")],
    reason: Annotated[str, typer.Option(help="Why they are not wanted; it is recorded.")],
    as_json: Json = False,
) -> None:
    """Leave open rows out on purpose; the landing keeps them.

    Example: hallmark quarantine discard payments 3f9a1c --reason "test charge"
    """
    from scripts.quarantine import discard_rows

    if not reason.strip():
        raise typer.BadParameter("a reason has words", param_hint="--reason")
    discard_rows(Output(as_json=as_json), source.value, rows, reason=reason.strip())
