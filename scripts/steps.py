"""The steps that commands are made of, each recorded with its outcome and duration."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contracts.odcs import Source
from dlt_pipelines import config
from dlt_pipelines.control import exports, freeze, runs
from dlt_pipelines.control.serving import Serving
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import BuildError, FreezeError, HallmarkError
from dlt_pipelines.loading.ledger import LedgerRow, ledger_of
from dlt_pipelines.loading.pipelines import load
from dlt_pipelines.loading.windows import NEW, Extent
from expectations.assay import Assay, assay
from expectations.dbt_results import dbt_checks
from expectations.gate import judge
from expectations.results import Check, ModelResult, RunReport, Step, Verdict
from expectations.wording import count
from scripts.completeness import Truth, completeness_checks
from scripts.console import Output
from scripts.dbt import Artifacts, manifest_path, run_dbt
from scripts.models.impact import impacts
from scripts.sources import Connection, maker

_FROZEN = re.compile(r"\[FREEZE001\] (?P<message>.+)")


@dataclass
class Run:
    """A run under way: what its steps have done so far."""

    command: str
    output: Output
    run_id: str = ""
    resumed: bool = False
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    steps: list[Step] = field(default_factory=list)
    ledger: list[LedgerRow] = field(default_factory=list)
    models: list[ModelResult] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    errors: list[HallmarkError] = field(default_factory=list)
    assayed: Assay = field(default_factory=Assay)

    def __post_init__(self) -> None:
        self.run_id = self.run_id or runs.new_run_id()
        self.output.about(self.run_id)

    @classmethod
    def begin(
        cls, command: str, output: Output, sources: Sequence[str], run_id: str | None = None
    ) -> Run:
        """A new run, or the same command's last one when it was cut off. Under the lock.

        With a `run_id` it is that run, if there was one. Raises CFG001 when another command's was.
        """
        last = runs.unfinished(config.warehouse_path(), sources, command, run_id)
        if last is None:
            return cls(command, output, run_id=run_id or "")
        output.done(f"continuing run {last.run_id}, which was cut off: {last.reason}")
        return cls(command, output, run_id=last.run_id, resumed=True)

    @property
    def verdict(self) -> Verdict:
        """What the checks made so far come to."""
        return judge(self.checks)

    def step(self, name: str, action: Callable[[], str]) -> None:
        """Does a step, or skips it when one before it failed. `action` says what it did."""
        if self.errors:
            self.steps.append(Step(name=name, status="skipped", detail="a step before it failed"))
            return
        self.attempt(name, action)

    def attempt(self, name: str, action: Callable[[], str]) -> None:
        """Does a step whatever happened before; a coded error is kept, not raised."""
        started = time.monotonic()
        try:
            with self.output.step(name):
                detail = action()
        except HallmarkError as error:
            self.errors.append(error)
            self.output.problem(f"{name}: {error}")
            seconds = time.monotonic() - started
            self.steps.append(Step(name=name, status="failed", seconds=seconds, detail=str(error)))
            return
        seconds = time.monotonic() - started
        self.steps.append(Step(name=name, status="done", seconds=seconds, detail=detail))
        self.output.done(f"{name}: {detail} ({seconds:.1f} s)")

    def load(
        self,
        source: str,
        connection: Connection,
        *,
        entities: Sequence[str] = (),
        extent: Extent = NEW,
        workers: int | None = None,
    ) -> str:
        if runs.succeeded(config.warehouse_path(), run_id=self.run_id, source=source):
            self.ledger += ledger_of(config.warehouse_path(), source=source, run_id=self.run_id)
            return "this run has loaded it already"
        rows = load(
            source,
            maker(source, connection, entities=entities, extent=extent, workers=workers),
            run_id=self.run_id,
            command=self.command,
            watch=self._watch,
            resumed=self.resumed,
            promised=_promised(source),
            server=connection.base_url,
        )
        self.ledger += rows
        quarantined = sum(row.quarantined for row in rows)
        if quarantined:
            told = f"`hallmark quarantine list {source}`"
            self.output.done(f"{count(quarantined, 'row')} quarantined: {told}")
            self._tell_freezes(source)
        return (
            f"{sum(row.loaded for row in rows):,} new or changed of"
            f" {sum(row.received for row in rows):,} rows received in"
            f" {sum(row.requests for row in rows):,} requests"
        )

    def _tell_freezes(self, source: str) -> None:
        with connect(config.warehouse_path(), read_only=True) as connection:
            frozen = [one.entity for one in freeze.active(connection) if one.source == source]
        if frozen:
            names = ", ".join(frozen)
            self.output.done(
                f"{source} is frozen for {names}: dbt builds nothing on it (`hallmark freeze list`)"
            )

    def dbt(self, command: str, *, select: Sequence[str] = (), full_refresh: bool = False) -> str:
        """`dbt build` or `dbt test` on production; its tests become checks of the gate."""
        artifacts = run_dbt(
            command, watch=self.output.progress, select=select, full_refresh=full_refresh
        )
        self._take(artifacts, stage=command)
        broken = [model for model in self.models if model.status == "error"]
        if broken:
            raise _build_error(broken, of=len(self.models))
        return f"{len(self.models)} models and seeds, {len(self.checks)} tests"

    def gate(self, truths: dict[str, Truth]) -> str:
        """Asks all that the gate asks, compares with `truths`, and records the verdict."""
        warehouse = config.warehouse_path()
        completeness = completeness_checks(warehouse, truths) if truths else []
        self.assayed = assay(
            warehouse,
            manifest_path(),
            run_id=self.run_id,
            started_at=self.started_at,
            ledger=self.ledger,
            made=[*self.checks, *completeness],
        )
        self.checks = self.assayed.checks
        facts = {"outcome": self.verdict.outcome, "checks": len(self.checks)}
        self._add_to_manifest("gate", facts)
        imported = f"{self.assayed.imported:.1f} s of it to import Great Expectations"
        return f"{self.verdict.outcome}, {len(self.checks)} checks, {imported}"

    def publish(self) -> None:
        """Serves the Gold that passed the gate, as a step; what did not pass leaves the old one."""
        if not self.errors and self.verdict.outcome != "passed":
            detail = "the gate did not pass: what was served stays"
            self.steps.append(Step(name="publish", status="skipped", detail=detail))
            self.output.problem(f"publish: {detail}")
            return
        self.step("publish", self._publish)

    def _publish(self) -> str:
        serving = Serving.of(config.data_dir())
        tables = serving.publish(config.warehouse_path(), self.run_id, by="run")
        facts = {"snapshot": serving.link.readlink().name, "tables": len(tables)}
        self._add_to_manifest("publish", facts)
        return f"{len(tables)} tables as {serving.link}"

    def report(self) -> RunReport:
        good = not self.errors and self.verdict.outcome == "passed"
        return RunReport(
            run_id=self.run_id,
            command=self.command,
            version=version("hallmark"),
            started_at=self.started_at,
            finished_at=datetime.now(UTC),
            status="succeeded" if good else "failed",
            error="\n".join(map(str, self.errors)),
            steps=self.steps,
            ledger=self.ledger,
            models=self.models,
            verdict=self.verdict,
            impacts=impacts(self.checks, manifest_path()),
            history=self.assayed.history,
            gone=self.assayed.gone,
            previous=self.assayed.previous,
            trends=self.assayed.trends,
            drift=self.assayed.drift,
            freshness=self.assayed.freshness,
        )

    def write_report(self) -> tuple[RunReport, dict[str, Path]]:
        from expectations.report import write_report

        report = self.report()
        return report, write_report(report, reports_dir() / self.run_id)

    def _watch(self, row: LedgerRow) -> None:
        text = f"load {row.source}: {row.entity}, {row.received:,} rows"
        self.output.progress(text, entity=row.entity)

    def _take(self, artifacts: Artifacts, *, stage: str) -> None:
        self.models, checks = dbt_checks(artifacts.run_results, artifacts.manifest)
        self.checks += checks
        self._add_to_manifest(stage, {"models": self.models})

    def _add_to_manifest(self, stage: str, facts: dict[str, Any]) -> None:
        exports.add_to_manifest(config.state_dir(), run_id=self.run_id, stage=stage, facts=facts)


def _promised(source: str) -> Source | None:
    """What a registry promises of the source; without one nothing of it is imported."""
    if not config.text("REGISTRY__URL"):
        return None
    from scripts.contracts.in_force import source_in_force

    return source_in_force(source)


def _build_error(broken: Sequence[ModelResult], *, of: int) -> HallmarkError:
    """Why models were not built: their source is frozen, or else what the first one says."""
    frozen = next((found for each in broken if (found := _FROZEN.search(each.message))), None)
    if frozen is not None:
        return FreezeError(frozen["message"])
    return BuildError(
        f"{len(broken)} of {of} models failed", first=broken[0].name, cause=broken[0].message
    )


def reports_dir() -> Path:
    return config.data_dir() / "reports"
