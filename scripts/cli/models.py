"""`hallmark slim`, `hallmark docs`: the dbt project itself."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.cli.options import Json
from scripts.console import Output

models = typer.Typer()


@models.command()
def slim(
    base: Annotated[
        str | None,
        typer.Option(help="Branch or commit this one began from, else the main branch."),
    ] = None,
    as_json: Json = False,
) -> None:
    """What a change of models breaks, and whether it builds. Exit code 1: it may not merge.

    Built into data/slim.duckdb: what differs from the merge base, and all below
    it. The rest is read from production, which stays untouched.

    Example: hallmark slim --base origin/main
    """
    from scripts.models.slim import judge_change

    raise typer.Exit(0 if judge_change(Output(as_json=as_json), base=base) else 1)


@models.command()
def docs(as_json: Json = False) -> None:
    """Write the documentation of all models and columns, with their lineage, as one offline page.

    Example: hallmark docs
    """
    from scripts.models.docs import write_docs

    write_docs(Output(as_json=as_json))
