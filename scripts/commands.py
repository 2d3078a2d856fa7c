"""What the commands do, once their options are understood."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contracts.odcs import load_source
from dlt_pipelines import config
from dlt_pipelines.loading.windows import NEW, Extent
from expectations.results import RunReport
from scripts.console import Output
from scripts.demo import bundled_apis, refuse_demo_warehouse
from scripts.ledger import show_ledger
from scripts.outcomes import show_built, show_checks, show_report
from scripts.sources import SECRETS, configured
from scripts.status_page import writing
from scripts.steps import Run
from scripts.warehouse import need_warehouse


def run_chain(
    output: Output,
    *,
    sources: tuple[str, ...],
    days: int | None,
    demo: bool = False,
    advance_days: float = 0,
    run_id: str | None = None,
) -> bool:
    """Loads, builds, checks, publishes, reports; True when all succeeded and the gate passed."""
    with ExitStack() as stack:
        stack.enter_context(writing(output))
        command = command_line("run --demo" if demo else "run", sources, days=days)
        run = Run.begin(command, output, sources, run_id)
        if demo:
            apis = stack.enter_context(bundled_apis(advance_days=advance_days))
            now = f"{apis.world.now:%Y-%m-%d %H:%M}"
            output.done(f"bundled APIs: their own clock shows {now} UTC; --advance N moves it on")
            connections = apis.connections
        else:
            refuse_demo_warehouse()
            connections = {source: configured(source) for source in sources}
        for source in sources:
            action = partial(run.load, source, connections[source], extent=Extent(days=days))
            run.attempt(f"load {source}", action)
        run.step("build", lambda: run.dbt("build"))
        run.step("gate", lambda: run.gate(apis.truths(sources) if demo else {}))
        run.publish()
        report, files = run.write_report()
    show_run(output, report, files)
    return report.status == "succeeded"


def load_sources(
    output: Output,
    *,
    sources: tuple[str, ...],
    entities: Sequence[str],
    extent: Extent = NEW,
    workers: int | None = None,
    name: str = "load",
    run_id: str | None = None,
) -> None:
    """Loads one source after the other. Raises the coded error of the first that fails.

    `name` is the command's: `load`, or `sweep` for an extent that is whole.
    """
    refuse_demo_warehouse()
    with writing(output):
        command = command_line(name, sources, entity=entities, days=extent.days)
        run = Run.begin(command, output, sources, run_id)
        for source in sources:
            connection = configured(source)
            with output.step(f"{name} {source}"):
                own = [each for each in entities if each in _entities(source)]
                done = run.load(source, connection, entities=own, extent=extent, workers=workers)
                output.done(f"{name} {source}: {done}")
    show_ledger(output, run.ledger)
    output.result({"run_id": run.run_id, "ledger": run.ledger})


def command_line(name: str, sources: Sequence[str], **options: object) -> str:
    """The command as it was meant: a run that was cut off is gone on with by the same one only."""
    words = [name, *sources]
    for option, value in options.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            words += [] if each is None else [f"--{option}", str(each)]
    return " ".join(words)


def unknown_entities(sources: Sequence[str], entities: Sequence[str]) -> str:
    """What is wrong with the entities asked for, "" when each belongs to one of the sources."""
    known = [entity for source in sources for entity in _entities(source)]
    wrong = [entity for entity in entities if entity not in known]
    if wrong:
        return f"unknown entity {', '.join(wrong)}; known: {', '.join(known)}"
    idle = [each for each in sources if entities and not set(entities) & set(_entities(each))]
    return f"no --entity of {', '.join(idle)}" if idle else ""


def _entities(source: str) -> list[str]:
    return list(load_source(source).entities)


def build_models(
    output: Output,
    *,
    select: Sequence[str] = (),
    full_refresh: bool = False,
    run_id: str | None = None,
) -> bool:
    """Builds in production; True when every model was built and no critical test failed."""
    run = Run(command="build", output=output, run_id=run_id or "")
    with writing(output):
        need_warehouse()
        run.step("build", lambda: run.dbt("build", select=select, full_refresh=full_refresh))
    show_built(output, run.models)
    show_checks(output, run.checks)
    output.result({"models": run.models, "checks": run.checks})
    return not run.errors and not any(check.decides for check in run.checks)


def check_quality(output: Output, *, publish: bool = False, run_id: str | None = None) -> bool:
    """Runs the gate on what is built, reports, and says whether it passed.

    With `publish` what passed is served as well.
    """
    run = Run(command="quality", output=output, run_id=run_id or "")
    with writing(output):
        need_warehouse()
        run.step("tests", lambda: run.dbt("test"))
        run.step("gate", lambda: run.gate({}))
        if publish:
            run.publish()
        report, files = run.write_report()
    show_run(output, report, files)
    return report.status == "succeeded"


def serve_mock(
    output: Output, sources: Sequence[str], *, port: int, seed: int, scale: float
) -> None:
    """Serves until a signal. Prints how to point the loader at the servers, key included."""
    import secrets

    from scripts.mock_api.serve import KEY_SETTING, listening
    from scripts.mock_api.world import World

    world = World.at(datetime.now(UTC), seed=seed, scale=scale)
    key = config.text(KEY_SETTING) or secrets.token_hex(20)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with listening(sources, port=port, world=world, key=key) as servers:
        for server in servers:
            name, secret = server.source.upper(), SECRETS[server.source]
            output.say(f"export SOURCES__{name}__BASE_URL={server.url}")
            output.say(f"export SOURCES__{name}__{secret}={key}")
        output.say("export LOCAL_DATA_DIR=data/mock  # not the demo's own")
        output.done(
            "serving until Ctrl-C; the lines above, in another shell, point the loader here"
        )
        stop.wait()


def show_run(output: Output, report: RunReport, files: dict[str, Path]) -> None:
    show_ledger(output, report.ledger)
    show_report(output, report)
    verdict = report.verdict
    counts = f"{verdict.passed} passed, {verdict.failed} failed, {verdict.warnings} with a warning"
    asked = (
        f"{counts}, {verdict.not_checked} not checked" if verdict.checks else "no check was made"
    )
    output.say(f"gate {verdict.outcome.replace('_', ' ')}: {asked}")
    output.say(f"run {report.run_id} {report.status}; report: {files['report.html']}")
    output.result(report)
