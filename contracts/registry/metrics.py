"""What the registry counts and times, for Prometheus to fetch from `/metrics`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from contracts.contract import LAYERS

RESULTS = ("stored", "unchanged", "refused")
_MILLISECONDS = (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)


class Metrics:
    """One set for one server; names and labels are those of docs/registry/observability.md."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._operations: dict[str, Histogram] = {}
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.ingests = self._counter(
            "dcr_schema_ingests", "Schemas that came, by what became of them.", "layer", "result"
        )
        self.ingest_latency = self._histogram(
            "dcr_schema_ingest_latency_ms", "From a schema's arrival to its answer.", "layer"
        )
        self.classifications = self._counter(
            "dcr_version_classifications", "Versions by verdict.", "layer", "classification"
        )
        self.current_set = self._counter("dcr_current_set", "Flips of current.", "layer")
        self.breaking = self._counter(
            "dcr_breaking_changes", "Versions that the dataset's policy does not allow.", "layer"
        )
        self.diff_latency = self._histogram(
            "dcr_diff_latency_ms", "Diffs of two versions, kept or not.", "layer"
        )
        self.subscriptions = self._counter("dcr_subscriptions", "Subscriptions made.", "layer")
        self.requests = self._counter(
            "api_requests", "Requests answered.", "route", "method", "status"
        )
        self.request_duration = self._histogram(
            "api_request_duration_ms", "Requests, head to answer.", "route", "method", "status"
        )
        self.store_latency = self._histogram(
            "registry_store_latency_ms", "Operations on the store.", "operation"
        )
        self.store_errors = self._counter(
            "registry_store_errors", "Operations that the store refused.", "operation"
        )
        self.deliveries = self._counter(
            "registry_deliveries", "Attempts to send an event to a subscriber.", "result"
        )
        self._begin()

    def _begin(self) -> None:
        """Counters that alerts watch start at 0: Prometheus sees no increase in a first value."""
        for layer in LAYERS:
            for counter in (self.current_set, self.breaking, self.subscriptions):
                counter.labels(layer)
            for result in RESULTS:
                self.ingests.labels(layer, result)

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(name, help_, labels, registry=self._registry)

    def _histogram(self, name: str, help_: str, *labels: str) -> Histogram:
        return Histogram(name, help_, labels, registry=self._registry, buckets=_MILLISECONDS)

    def store(self, operation: str, seconds: float, *, failed: bool) -> None:
        latency = self._operations.get(operation)
        if latency is None:
            latency = self._operations[operation] = self.store_latency.labels(operation)
            self.store_errors.labels(operation)
        latency.observe(seconds * 1000)
        if failed:
            self.store_errors.labels(operation).inc()

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        key = (route, method, status)
        series = self._series.get(key)
        if series is None:  # looking labels up costs more than counting
            labels = (route, method, str(status))
            series = (self.requests.labels(*labels), self.request_duration.labels(*labels))
            self._series[key] = series
        series[0].inc()
        series[1].observe(seconds * 1000)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
