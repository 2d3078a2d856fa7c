"""What logs and metrics are told of a change, once it is stored."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.registry.calls import Call
from contracts.registry.judgements import Judgement
from contracts.registry.services import Services
from contracts.registry.shapes.datasets import DatasetBody
from contracts.registry.shapes.subscriptions import SubscriptionBody
from contracts.registry.shapes.versions import CurrentSet, Ingested


def _write(
    services: Services,
    call: Call,
    event: str,
    facts: Mapping[str, object],
    level: int = logging.INFO,
) -> None:
    named = {**facts, "actor": call.caller.name}
    services.log(level, event, named, correlation_id=call.correlation_id)


def dataset_created(services: Services, call: Call, body: DatasetBody) -> None:
    facts = body.model_dump(mode="json", include={"dataset_id", "namespace", "name"})
    _write(services, call, "dcr.dataset.created", facts)


def subscription_created(services: Services, call: Call, body: SubscriptionBody) -> None:
    services.metrics.subscriptions.labels(body.layer.value).inc()
    shown = {"dataset_id", "layer", "subscription_id", "consumer"}
    facts = body.model_dump(mode="json", include=shown)
    _write(services, call, "dcr.subscription.created", facts)


@dataclass(frozen=True)
class Ingest:
    """A schema that came; `sent` is for how many subscribers events were written."""

    services: Services
    call: Call
    body: Ingested
    judgement: Judgement | None
    sent: int

    @property
    def _facts(self) -> dict[str, object]:
        shown = {"dataset_id", "layer", "version", "is_current", "compatibility", "compatible"}
        return self.body.model_dump(mode="json", include=shown)

    def unchanged(self) -> None:
        self.services.metrics.ingests.labels(self.body.layer.value, "unchanged").inc()
        _write(self.services, self.call, "dcr.schema.ingested", self._facts | {"stored": False})

    def stored(self) -> None:
        layer = self.body.layer.value
        metrics = self.services.metrics
        metrics.ingests.labels(layer, "stored").inc()
        metrics.classifications.labels(layer, self.body.compatibility).inc()
        _write(self.services, self.call, "dcr.schema.ingested", self._facts | {"stored": True})
        facts = self._facts | {"checked_against": self.body.checked_against}
        _write(self.services, self.call, "dcr.version.classified", facts)
        if self.body.is_current:
            self.current_set()
        assert self.judgement is not None
        _breaking(self.services, self.call, self._facts, self.judgement, layer, self.sent)

    def current_set(self) -> None:
        self.services.metrics.current_set.labels(self.body.layer.value).inc()
        _write(self.services, self.call, "dcr.current.set", self._facts)


@dataclass(frozen=True)
class Flip:
    """A stored version that an operator made current."""

    services: Services
    call: Call
    body: CurrentSet
    judgement: Judgement
    sent: int

    def told(self) -> None:
        layer = self.body.layer.value
        self.services.metrics.current_set.labels(layer).inc()
        facts = self.body.model_dump(mode="json")
        _write(self.services, self.call, "dcr.current.set", facts)
        _breaking(self.services, self.call, facts, self.judgement, layer, self.sent)


def _breaking(
    services: Services,
    call: Call,
    facts: Mapping[str, object],
    judgement: Judgement,
    layer: str,
    sent: int,
) -> None:
    if not judgement.compatible:
        services.metrics.breaking.labels(layer).inc()
    if not judgement.compatible or judgement.broken:
        hit = [each.subscription_id for each in judgement.broken]
        more = {"classification": judgement.classification, "broken_subscriptions": hit}
        _write(services, call, "dcr.breaking.detected", {**facts, **more}, logging.WARNING)
    if sent:
        services.wake.set()
