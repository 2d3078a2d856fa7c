"""What the `hallmark manifests` commands do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dlt_pipelines import config
from dlt_pipelines.control.manifests import Manifest, archive, manifests, to_archive
from dlt_pipelines.control.warehouse import exclusive
from scripts.console import Output


def show_manifests(output: Output) -> None:
    """Each run's manifest, newest first, and what needs it."""
    found = manifests(config.state_dir())
    if not found:
        output.say("No run has left a manifest yet: `hallmark run` does.")
    else:
        columns = ("run", "began (UTC)", "stages", "bytes", "needed")
        output.table("Manifests", columns, map(_row, found))
    output.result(found)


def _row(each: Manifest) -> tuple[object, ...]:
    stages = "damaged" if each.stages is None else ", ".join(each.stages)
    return each.run_id, each.began_at, stages, each.size_bytes, each.needed


def archive_manifests(output: Output, age: timedelta) -> None:
    """Moves those of runs that began longer ago than `age`, unless something needs them."""
    state_dir = config.state_dir()
    with exclusive(state_dir), output.step("archive"):
        old = _old(age)
        for each in old:
            archive(state_dir, each)
    output.done(f"archived {len(old)} manifests in {state_dir / 'manifests' / 'archive'}")
    output.result({"archived": [each.run_id for each in old], "done": True})


def preview_archive(output: Output, age: timedelta) -> None:
    """Says which would be moved."""
    old = _old(age)
    for each in old:
        output.say(f"would archive {each.run_id}")
    output.say(f"{len(old)} manifests; nothing was moved")
    output.result({"archived": [each.run_id for each in old], "done": False})


def _old(age: timedelta) -> list[Manifest]:
    return to_archive(manifests(config.state_dir()), before=datetime.now(UTC) - age)
