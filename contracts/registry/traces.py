"""Spans of requests, exported only when an exporter is configured."""

from __future__ import annotations

from importlib.metadata import entry_points

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from dlt_pipelines.errors import ConfigurationError


def tracer_provider(exporter: str) -> TracerProvider | None:
    """A provider for an installed exporter by its name (`console`, `otlp`); None for "".

    Where it sends to is its own business, as OpenTelemetry documents. Raises CFG001.
    """
    if not exporter:
        return None
    found = entry_points(group="opentelemetry_traces_exporter", name=exporter)
    if not found:
        known = sorted(entry_points(group="opentelemetry_traces_exporter").names)
        raise ConfigurationError(
            f"no OpenTelemetry exporter {exporter!r} is installed; there is {', '.join(known)}"
        )
    return provider_of(next(iter(found)).load()())


def provider_of(exporter: SpanExporter) -> TracerProvider:
    """A provider that exports in the background."""
    provider = TracerProvider(resource=Resource.create({"service.name": "hallmark-registry"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
