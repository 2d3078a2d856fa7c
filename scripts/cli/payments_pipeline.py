"""The `payments-pipeline` command: the payments source alone, for schedulers and containers.

Every word it says is a JSON log line on standard output.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from dlt_pipelines import config
from dlt_pipelines.errors import ConfigurationError, HallmarkError, StorageError
from dlt_pipelines.signals.logs import Log
from scripts.cli.options import Days, check_entities, days_of
from scripts.log_output import LogOutput

SOURCES = ("payments",)
_NEEDS_DUCKDB = "duckdb is required for transforms"

app = typer.Typer(
    help="Load, build and check payments, with JSON log lines for an answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _run_id(text: str) -> str:
    """Ids begin with a time, because runs, reports and snapshots are sorted by them."""
    from dlt_pipelines.control.runs import began_at

    try:
        began = began_at(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no run id: give a UTC time and maybe a word, 20261120T060000Z-daily"
        ) from error
    if began > datetime.now(UTC):
        raise typer.BadParameter(f"{text!r} lies in the future")
    return text


RunId = Annotated[
    str | None,
    typer.Option(
        parser=_run_id,
        metavar="TIME[-WORD]",
        help="The run's id; one that was there is gone on with, or done again.",
    ),
]


@app.callback()
def root(context: typer.Context) -> None:
    log: Log = context.obj
    log.level = config.log_level()
    config.check()


@app.command()
def run_batch(
    context: typer.Context,
    entity: Annotated[str, typer.Option(help="What to load, with what it is reached through.")],
    days: Days = None,
    run_id: RunId = None,
) -> None:
    """Load what is new or changed of one entity.

    Example: payments-pipeline run-batch --entity charges --days 7
    """
    check_entities(SOURCES, [entity])
    _load(context, entities=[entity], days=days, run_id=run_id)


@app.command()
def run_all(context: typer.Context, days: Days = None, run_id: RunId = None) -> None:
    """Load what is new or changed of all entities.

    Example: payments-pipeline run-all --days 7 --run-id 20261120T060000Z-daily
    """
    _load(context, entities=[], days=days, run_id=run_id)


@app.command()
def run_transforms(context: typer.Context, run_id: RunId = None) -> None:
    """Build Silver and Gold and run their tests. Exit code 1: one failed.

    Example: payments-pipeline run-transforms
    """
    _require_duckdb()
    from scripts.commands import build_models

    raise typer.Exit(0 if build_models(LogOutput(context.obj), run_id=run_id) else 1)


@app.command()
def run_quality(context: typer.Context, run_id: RunId = None) -> None:
    """Run the gate and serve the Gold that passes it. Exit code 1: it did not.

    Example: payments-pipeline run-quality
    """
    from scripts.commands import check_quality

    good = check_quality(LogOutput(context.obj), publish=True, run_id=run_id)
    raise typer.Exit(0 if good else 1)


@app.command()
def run_pipeline(context: typer.Context, days: Days = None, run_id: RunId = None) -> None:
    """Load everything, build, check and serve, as one run.

    Example: payments-pipeline run-pipeline --days 7
    """
    from scripts.commands import run_chain

    _require_healthy_api()
    output = LogOutput(context.obj)
    good = run_chain(output, sources=SOURCES, days=days_of(days), run_id=run_id)
    raise typer.Exit(0 if good else 1)


def _load(
    context: typer.Context, *, entities: list[str], days: int | None, run_id: str | None
) -> None:
    from dlt_pipelines.loading.windows import Extent
    from scripts.commands import load_sources

    _require_healthy_api()
    load_sources(
        LogOutput(context.obj),
        sources=SOURCES,
        entities=entities,
        extent=Extent(days=days_of(days)),
        run_id=run_id,
    )


def _require_healthy_api() -> None:
    from scripts.health import require_healthy
    from scripts.sources import configured

    require_healthy(configured("payments").base_url)


def _require_duckdb() -> None:
    """Raises CFG001 or STG001 when there is no DuckDB or no warehouse that it can open."""
    try:
        import duckdb  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(f"{_NEEDS_DUCKDB}: `make setup` installs it") from error
    from scripts.warehouse import need_warehouse

    try:
        need_warehouse()
    except (ConfigurationError, StorageError) as error:
        raise type(error)(f"{_NEEDS_DUCKDB}: {error.message}", **error.context) from error


def main() -> None:
    """Exit codes: 0 done, 1 a handled failure (its code is logged), 2 wrong usage."""
    log = Log(sys.stdout, source=SOURCES[0], hidden=config.secrets())
    try:
        app(obj=log)
    except HallmarkError as error:
        LogOutput(log).error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        log.close()


if __name__ == "__main__":
    main()
