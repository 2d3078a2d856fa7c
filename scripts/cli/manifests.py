"""`hallmark manifests`: what each run did, as files, and moving old ones away."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer

from scripts.cli.options import Json
from scripts.console import Output

manifests = typer.Typer(help="The manifests that runs leave.", no_args_is_help=True)
_AGE = re.compile("([1-9][0-9]{0,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def age(text: str) -> timedelta:
    """A whole number of hours, days or weeks: `12h`, `90d`, `4w`."""
    found = _AGE.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no age (12h, 90d, 4w)")
    return int(found[1]) * _UNITS[found[2]]


@manifests.command("list")
def list_manifests(as_json: Json = False) -> None:
    """Each run's manifest: when it began, which stages it went through, what needs it.

    Example: hallmark manifests list
    """
    from scripts.manifests import show_manifests

    show_manifests(Output(as_json=as_json))


@manifests.command()
def archive(
    older_than: Annotated[
        timedelta, typer.Option(parser=age, metavar="AGE", help="As 12h, 90d or 4w.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which.")] = False,
    as_json: Json = False,
) -> None:
    """Move old manifests to archive/<year>-<month>; what is served and the newest run's stay.

    Example: hallmark manifests archive --older-than 90d --dry-run
    """
    from scripts.manifests import archive_manifests, preview_archive

    act = preview_archive if dry_run else archive_manifests
    act(Output(as_json=as_json), older_than)
