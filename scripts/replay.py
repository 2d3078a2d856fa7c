"""What `hallmark replay` does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from functools import partial

from contracts.odcs import load_source
from dlt_pipelines import config
from dlt_pipelines.control.runs import new_run_id
from dlt_pipelines.control.warehouse import exclusive
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading.landed import LandedPartition, partitions
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.pipelines import load, rehearse
from dlt_pipelines.loading.replay import Folders, rehearse_replay, replay_source
from scripts.console import Output
from scripts.ledger import show_ledger
from scripts.status_page import writing

_KNOWN = 5


def replay_runs(
    output: Output,
    source: str,
    *,
    run_id: str | None,
    day: date | None,
    entities: Sequence[str],
    dry_run: bool,
) -> None:
    """Loads what a run, or all runs of a day, have landed. Raises the coded error of a load."""
    new_id = new_run_id()
    with exclusive(config.state_dir()) if dry_run else writing(output):
        chosen = _chosen(source, run_id, day, entities)
        skipped = [each.folder for each in chosen if not each.is_finished]
        for folder in skipped:
            output.done(f"skipped, for it was never finished: {folder}")
        folders = _by_entity(chosen)
        with output.step(f"replay {source}"):
            if dry_run:
                read = partial(rehearse_replay, folders=folders)
                ledger = rehearse(source, read, run_id=new_id).ledger
            else:
                asked = f"--run-id {run_id}" if run_id else f"--dt {day}"
                ledger = load(
                    source,
                    partial(replay_source, folders=folders),
                    run_id=new_id,
                    command=f"replay {source} {asked}",
                    watch=partial(_watch, output),
                    replay=True,
                )
    show_ledger(output, ledger)
    runs = sorted({each.run_id for each in chosen if each.is_finished})
    loaded = sum(row.loaded for row in ledger)
    output.say(
        f"{loaded:,} rows {'would be' if dry_run else 'were'} stored, of runs {', '.join(runs)}"
    )
    done_by = None if dry_run else new_id
    output.result({"run_id": done_by, "runs": runs, "skipped": skipped, "ledger": ledger})


def _chosen(
    source: str, run_id: str | None, day: date | None, entities: Sequence[str]
) -> list[LandedPartition]:
    """The partitions asked for, of which one at least is finished. Raises CFG001."""
    hosts = _hosts(source, entities)
    with closing(Landing(config.landing_url())) as landing:
        landed = partitions(landing, source)
        chosen = [
            each
            for each in landed
            if (run_id in (None, each.run_id))
            and (day in (None, each.day))
            and each.entity in hosts
        ]
        if not any(each.is_finished for each in chosen):
            runs = sorted({each.run_id for each in landed if each.is_finished}, reverse=True)
            raise ConfigurationError(
                "nothing has landed that could be replayed; the newest runs are given",
                run_id=run_id,
                dt=day,
                known=", ".join(runs[:_KNOWN]) or "none",
            )
    return chosen


def _hosts(source: str, entities: Sequence[str]) -> set[str]:
    """The entities that land; one that is embedded comes with its host."""
    known = load_source(source).entities
    wanted = [known[name] for name in entities] or known.values()
    return {each.embedded.entity if each.embedded else each.name for each in wanted}


def _by_entity(chosen: Sequence[LandedPartition]) -> Folders:
    folders: dict[str, list[str]] = defaultdict(list)
    for each in chosen:
        if each.is_finished:
            folders[each.entity].append(each.folder)
    return folders


def _watch(output: Output, row: LedgerRow) -> None:
    output.progress(f"replay {row.source}: {row.entity}, {row.received:,} rows")
