"""`hallmark load … --from`: loads a stretch of the past in windows, each a run of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import pairwise

from msgspec.structs import replace

from contracts.odcs import load_source
from dlt_pipelines import config
from dlt_pipelines.control import backfills, runs
from dlt_pipelines.control.backfills import BackfillWindow
from dlt_pipelines.errors import HallmarkError
from dlt_pipelines.loading.ledger import LedgerRow, ledger_of
from dlt_pipelines.loading.windows import Extent, Window
from scripts.commands import command_line
from scripts.console import Output
from scripts.demo import refuse_demo_warehouse
from scripts.ledger import show_ledger, summed
from scripts.sources import configured
from scripts.status_page import writing
from scripts.steps import Run

WINDOW_DAYS = 7
"""Long enough that a load's own seconds do not count, short enough to lose little when killed."""


@dataclass(frozen=True)
class Stretch:
    """The past to load, `end` not included (None: the present), in windows of so many days."""

    begin: datetime
    end: datetime | None
    window_days: int

    def extent(self) -> Extent:
        """The whole stretch at once."""
        return extent(self.begin, self.end or datetime.now(UTC))


def extent(start: datetime, end: datetime) -> Extent:
    """What a run reads of the past, in the API's whole seconds."""
    return Extent(window=Window(int(start.timestamp()), int(end.timestamp())))


def windows(begin: datetime, end: datetime, days: int) -> list[BackfillWindow]:
    """The stretch in windows, the oldest first; each begins where the one before it ends."""
    step = timedelta(days=days)
    starts = [begin + step * number for number in range(-((begin - end) // step))]
    edges = [*starts, end]
    return [BackfillWindow(start=one, end=other) for one, other in pairwise(edges)]


def misuse(sources: Sequence[str], entities: Sequence[str], stretch: Stretch) -> str:
    """What is wrong with a backfill of these, "" when nothing is."""
    now = datetime.now(UTC)
    if len(sources) > 1:
        return "a backfill is of one source"
    source = load_source(sources[0])
    if not any(paging.since_param for paging in source.paging.values()):
        return f"{source.name} has no filter by time: every load reads it whole"
    if entities and all(source.entities[each].rereads for each in entities):
        return "a backfill reads no events: they tell what changed since the last load"
    if stretch.begin >= now or (stretch.end or now) > now:
        return "--from and --to must not be in the future"
    if stretch.end is not None and stretch.begin >= stretch.end:
        return "--from must be before --to"
    return ""


def backfill(
    output: Output, source: str, stretch: Stretch, *, entities: Sequence[str], workers: int | None
) -> None:
    """Loads the windows that are not done yet; cursors and event anchors stay where they are.

    Raises the coded error of the first window that fails; the same command goes on with it.
    """
    refuse_demo_warehouse()
    connection = configured(source)
    command = command_line(
        "load",
        (source,),
        entity=entities,
        **{"from": _moment(stretch.begin), "to": stretch.end and _moment(stretch.end)},
        **{"window-days": stretch.window_days},
    )
    with writing(output):
        planned = _planned(output, command, source, stretch, entities)
        done: list[BackfillWindow] = []
        ledger: list[LedgerRow] = []
        for number, window in enumerate(planned, 1):
            run = _run(output, command, source, window)
            if window.status != "succeeded":
                name = f"window {number} of {len(planned)}, {_span(window)}"
                with output.step(name):
                    action = partial(run.load, source, connection, entities=entities)
                    text = _load(run, window, partial(action, workers=workers))
                output.done(f"{name}: {text}")
            done.append(replace(window, run_id=run.run_id, status="succeeded"))
            ledger += ledger_of(config.warehouse_path(), source=source, run_id=run.run_id)
    totals = summed(ledger)
    show_ledger(output, totals)
    output.result({"windows": done, "ledger": totals})


def _planned(
    output: Output, command: str, source: str, stretch: Stretch, entities: Sequence[str]
) -> list[BackfillWindow]:
    """The windows of the same command's backfill that was cut off, else new ones."""
    warehouse = config.warehouse_path()
    found = backfills.unfinished(warehouse, command)
    if found:
        done = sum(each.status == "succeeded" for each in found)
        output.done(f"continuing the backfill that was cut off: {done} of {len(found)} are done")
        return found
    end = stretch.end or datetime.now(UTC).replace(microsecond=0)
    fresh = windows(stretch.begin, end, stretch.window_days)
    backfills.plan(warehouse, command, source=source, entities=entities, windows=fresh)
    return fresh


def _run(output: Output, command: str, source: str, window: BackfillWindow) -> Run:
    """The run that loaded the window, or began to and can go on; else a new one."""
    warehouse, run_id = config.warehouse_path(), window.run_id
    if run_id is not None:
        last = runs.unfinished(warehouse, [source], command)
        cut_off = last is not None and last.run_id == run_id
        if cut_off or runs.succeeded(warehouse, run_id=run_id, source=source):
            return Run(command, output, run_id=run_id, resumed=True)
    return Run(command, output)


def _load(run: Run, window: BackfillWindow, action: Callable[..., str]) -> str:
    """Loads a window and records how that ended; the load's own error counts."""
    mark = partial(backfills.mark, config.warehouse_path(), run.command, window, run_id=run.run_id)
    mark(status="running")
    try:
        text = action(extent=extent(window.start, window.end))
    except BaseException:
        with suppress(HallmarkError):
            mark(status="failed")
        raise
    mark(status="succeeded")
    return text


def _span(window: BackfillWindow) -> str:
    return f"{_moment(window.start)} to {_moment(window.end)}"


def _moment(at: datetime) -> str:
    """A date where it is one, in UTC."""
    return at.strftime("%Y-%m-%d" if at.time() == time() else "%Y-%m-%dT%H:%M:%SZ")
