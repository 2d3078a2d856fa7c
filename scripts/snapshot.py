"""What the `hallmark snapshot` commands do."""

from __future__ import annotations

from dlt_pipelines import config
from dlt_pipelines.control.serving import Serving, Snapshot
from dlt_pipelines.control.snapshots import Table, tables_to_serve
from dlt_pipelines.control.warehouse import has_control_table
from dlt_pipelines.errors import QualityError
from expectations.record import NEWEST_VERDICT
from scripts import dbt
from scripts.console import Output
from scripts.status_page import refresh_status_page, writing
from scripts.warehouse import existing_warehouse

_SHOWN_MOVES = 10
_NEXT = "run `hallmark quality`, and publish once it has passed"


def show_snapshots(output: Output) -> None:
    """The snapshots, newest run first, and the last moves from one to the other."""
    serving = _serving()
    snapshots, moves = serving.snapshots, serving.moves
    if not snapshots:
        output.say("Nothing is served yet: a run whose gate passes publishes its Gold.")
    else:
        columns = ("run", "published (UTC)", "MB", "served")
        rows = [
            (each.run_id, each.published_at, _megabytes(each), "yes" if each.is_current else "")
            for each in snapshots
        ]
        output.table(f"Snapshots in {serving.folder}", columns, rows)
        last = [(each.at, each.action, each.run_id, each.by) for each in moves[-_SHOWN_MOVES:]]
        output.table("What was served", ("at (UTC)", "by way of", "run", "on the word of"), last)
    output.result({"snapshots": snapshots, "moves": moves})


def preview_publish(output: Output, *, keep: int) -> None:
    """Says what a publish would do, or why it would not."""
    run_id = _passed_run()
    tables = tables_to_serve(config.warehouse_path())
    gone = _serving().removed_by(run_id, keep=keep)
    output.say(f"would serve {_rows_of(tables)} of run {run_id}")
    output.say(f"would remove {', '.join(gone) or 'no snapshot'}")
    output.result({"run_id": run_id, "tables": tables, "removed": gone, "published": False})


def publish_gold(output: Output, *, keep: int) -> None:
    """Publishes what the last gate passed. Raises QUAL001 when that is not what is built."""
    serving = _serving()
    with writing(output), output.step("publish"):
        run_id = _passed_run()
        gone = serving.removed_by(run_id, keep=keep)
        tables = serving.publish(config.warehouse_path(), run_id, by="operator", keep=keep)
    output.done(f"{serving.link} serves {_rows_of(tables)} of run {run_id}")
    output.result({"run_id": run_id, "tables": tables, "removed": gone, "published": True})


def preview_rollback(output: Output, *, to: str | None) -> None:
    serving = _serving()
    target = serving.target(to)
    output.say(f"would serve run {target} in the place of {serving.current}")
    output.result({"from": serving.current, "to": target, "done": False})


def roll_back(output: Output, *, to: str | None) -> None:
    """Serves an earlier snapshot again; the next run whose gate passes publishes anew."""
    serving = _serving()
    before, target = serving.current, serving.target(to)
    with output.step("rollback"):
        serving.rollback(target)
    refresh_status_page(output)
    output.done(f"{serving.link} serves run {target} in the place of {before}")
    output.result({"from": before, "to": target, "done": True})


def _passed_run() -> str:
    """The run whose gate passed what is built. Raises QUAL001 when it is not known to be good."""
    with existing_warehouse() as connection:
        known = has_control_table(connection, "gate_runs")
        newest = connection.execute(NEWEST_VERDICT).fetchone() if known else None
    if newest is None:
        raise QualityError(f"no gate has judged this warehouse: {_NEXT}")
    verdict, run_id, judged_at = newest[:3]
    if verdict != "passed":
        raise QualityError(f"the last gate did not pass: {_NEXT}", verdict=verdict, run_id=run_id)
    built_at = dbt.last_finished_at()
    if built_at is None or built_at > judged_at:
        raise QualityError(f"dbt ran after the last gate, or was cut off: {_NEXT}", run_id=run_id)
    return str(run_id)


def _serving() -> Serving:
    return Serving.of(config.data_dir())


def _rows_of(tables: list[Table]) -> str:
    return f"{len(tables)} tables, {sum(table.rows for table in tables):,} rows,"


def _megabytes(snapshot: Snapshot) -> str:
    return f"{snapshot.size_bytes / 1e6:.1f}"
