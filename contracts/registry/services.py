"""What one running registry is made of; every part takes what it needs from here."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry.trace import Tracer

from contracts.registry.auth import Door
from contracts.registry.database import Database
from contracts.registry.engine import Engine
from contracts.registry.metrics import Metrics
from contracts.registry.rates import Rates
from contracts.registry.settings import Settings
from contracts.registry.traces import tracer_provider
from dlt_pipelines.signals.logs import Log


@dataclass(frozen=True, kw_only=True)
class Services:
    """`wake` tells the sender that a delivery is due."""

    settings: Settings
    database: Database
    engine: Engine
    metrics: Metrics
    door: Door
    rates: Rates
    tracer: Tracer | None
    lines: Log
    wake: threading.Event = field(default_factory=threading.Event)

    def log(
        self,
        level: int,
        event: str,
        facts: Mapping[str, object],
        *,
        correlation_id: str,
        error: BaseException | None = None,
    ) -> None:
        """A log line; of an error the places it went through, not its words: they may hold data."""
        if error is not None:
            places = traceback.extract_tb(error.__traceback__)
            facts = {**facts, "places": [f"{each.filename}:{each.lineno}" for each in places]}
        self.lines.write(level, event, facts, correlation_id=correlation_id)


def make_services(settings: Settings, lines: Log) -> Services:
    """Connects to the store, whose tables must be up to date. Raises CFG001."""
    metrics = Metrics()
    database = Database(settings.database_url, clock=metrics)
    provider = tracer_provider(settings.traces_exporter)
    return Services(
        settings=settings,
        database=database,
        engine=Engine(),
        metrics=metrics,
        door=Door(database),
        rates=Rates(settings.rate, settings.burst),
        tracer=provider.get_tracer("hallmark.registry") if provider else None,
        lines=lines,
    )
