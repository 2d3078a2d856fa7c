"""Shows and lifts freezes."""

from __future__ import annotations

from datetime import UTC, datetime

from dlt_pipelines import config
from dlt_pipelines.control import freeze
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import ConfigurationError
from scripts.console import Output
from scripts.status_page import writing


def show_freezes(output: Output) -> None:
    """The freezes in force, each with its reason."""
    active: list[freeze.Freeze] = []
    if config.warehouse_path().exists():
        with connect(config.warehouse_path(), read_only=True) as connection:
            active = freeze.active(connection)
    for one in active:
        facts = {
            "since": f"{one.frozen_at:%Y-%m-%d %H:%M:%S} UTC",
            "found by": f"run {one.run_id}, contract {one.contract_version}",
            "because": one.reason,
        }
        output.block(f"{one.source} {one.entity}", list(facts.items()))
    if not active:
        output.say("Nothing is frozen.")
    output.result(active)


def lift_freezes(output: Output, source: str, *, entity: str | None, reason: str) -> None:
    """Lifts a source's freezes (an entity's) on an operator's word.

    Raises CFG001 when there is none.
    """
    lifted: list[str] = []
    if config.warehouse_path().exists():
        with writing(output), connect(config.warehouse_path()) as connection:
            lifted = freeze.lift(
                connection,
                source=source,
                entity=entity,
                lifted_by="operator",
                reason=reason,
                at=datetime.now(UTC),
            )
    if not lifted:
        raise ConfigurationError(
            "it is not frozen; `hallmark freeze list` shows what is", source=source, entity=entity
        )
    output.say(f"{source} is no longer frozen for {', '.join(lifted)}: `hallmark build`")
    output.result({"source": source, "lifted": lifted})
