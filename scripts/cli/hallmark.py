"""The `hallmark` command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from dlt_pipelines.errors import HallmarkError
from scripts.cli.contracts import contracts
from scripts.cli.freeze import freeze
from scripts.cli.load import loads
from scripts.cli.manifests import manifests
from scripts.cli.models import models
from scripts.cli.options import Days, Json, SourceName, days_of, names_of, one_or_all
from scripts.cli.quarantine import quarantine
from scripts.cli.registry import registry
from scripts.cli.replay import replays
from scripts.cli.snapshot import snapshot
from scripts.cli.state import state
from scripts.console import Output

app = typer.Typer(
    help="Two APIs to gated Gold tables: load, build, check, report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
mock = typer.Typer(help="The bundled APIs.", no_args_is_help=True)
app.add_typer(mock, name="mock")
app.add_typer(contracts, name="contracts")
app.add_typer(state, name="state")
app.add_typer(freeze, name="freeze")
app.add_typer(manifests, name="manifests")
app.add_typer(quarantine, name="quarantine")
app.add_typer(snapshot, name="snapshot")
app.add_typer(registry, name="registry")
app.add_typer(loads)
app.add_typer(replays)
app.add_typer(models)


@app.callback(invoke_without_command=True)
def root(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if show_version:
        typer.echo(f"hallmark {version('hallmark')}")
        raise typer.Exit


@app.command()
def run(
    source: Annotated[
        list[SourceName] | None, typer.Option(help="Only this source (repeatable).")
    ] = None,
    days: Days = None,
    demo: Annotated[bool, typer.Option("--demo", help="Use the bundled APIs.")] = False,
    advance: Annotated[
        float, typer.Option(min=0, max=3650, help="With --demo: days that pass at the APIs first.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Load, build, check, publish what passed, and report.

    Example: hallmark run --demo --advance 1
    """
    from scripts.commands import run_chain

    if advance and not demo:
        raise typer.BadParameter("--advance moves the clock of the bundled APIs: add --demo")
    good = run_chain(
        Output(as_json=as_json),
        sources=names_of(source) or tuple(SourceName),
        days=days_of(days),
        demo=demo,
        advance_days=advance,
    )
    raise typer.Exit(0 if good else 1)


@app.command()
def build(
    select: Annotated[
        list[str] | None, typer.Option(help="A dbt node selection (repeatable).")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Derive incremental models anew from all of raw.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build Silver and Gold in the warehouse and run their tests.

    Example: hallmark build --select +fct_payments
    """
    from scripts.commands import build_models

    good = build_models(Output(as_json=as_json), select=select or [], full_refresh=full_refresh)
    raise typer.Exit(0 if good else 1)


@app.command()
def quality(as_json: Json = False) -> None:
    """Run the gate on the warehouse as it is: dbt tests and expectations.

    Example: hallmark quality
    """
    from scripts.commands import check_quality

    raise typer.Exit(0 if check_quality(Output(as_json=as_json)) else 1)


@app.command()
def report(
    run_id: Annotated[str | None, typer.Option(help="Another run than the last.")] = None,
    annotations: Annotated[
        bool, typer.Option("--annotations", help="Print GitHub annotations of it instead.")
    ] = False,
    data_docs: Annotated[
        bool,
        typer.Option(
            "--data-docs",
            help="Ask the suites again for Great Expectations' own site, which needs a network.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a run's report again and say where it is.

    Example: hallmark report --annotations
    """
    from scripts.reports import print_annotations, rewrite_report, write_gx_docs

    output = Output(as_json=as_json)
    if data_docs:
        write_gx_docs(output)
        return
    act = print_annotations if annotations else rewrite_report
    act(output, run_id=run_id)


@app.command()
def status(
    html: Annotated[
        bool, typer.Option("--html", help="Write it as a page beside the reports.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What ran last, each cursor, what the gate said, what is frozen and what is served.

    Example: hallmark status --html
    """
    from scripts.status import show_status
    from scripts.status_page import show_status_page

    (show_status_page if html else show_status)(Output(as_json=as_json))


@app.command()
def config(as_json: Json = False) -> None:
    """The configuration in force and where each value comes from; secrets are masked.

    Example: hallmark config
    """
    from scripts.status import show_config

    show_config(Output(as_json=as_json))


@mock.command()
def serve(
    source: Annotated[SourceName | None, typer.Option(help="Only this API.")] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65534, help="The first API's port; 0 for free ones.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, other data.")] = 1,
    scale: Annotated[float, typer.Option(min=0.01, help="1 is a small shop, 1000 a large.")] = 1.0,
) -> None:
    """Serve the bundled APIs on the loopback interface until Ctrl-C.

    Example: hallmark mock serve --source payments --port 8801 --scale 10
    """
    from scripts.commands import serve_mock

    sources = one_or_all(source)
    serve_mock(Output(as_json=False), sources, port=port, seed=seed, scale=scale)


def main() -> None:
    """Exit codes: 0 done, 1 a handled failure (its code is printed), 2 wrong usage."""
    try:
        app()
    except HallmarkError as error:
        Output(as_json="--json" in sys.argv).error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
