"""The bundled APIs with faults to order, and what the tests of them compare."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Apis, Load, query

ENTITIES = {
    "payments": ("customers", "charges", "refunds"),
    "zephyr": ("projects", "releases", "cycles"),
}
STRUCK = {"payments": "refunds", "zephyr": "cycle"}
SOURCES = tuple(ENTITIES)


@dataclass
class Faulty(Apis):
    def add(self, source: str, scenario: str, **values: Any) -> None:
        """A fault of the source's last entity, so that it strikes half-way through a load."""
        spec = {"scenario": scenario, "entity": STRUCK[source], **values}
        self._ask(source, "POST", spec)

    def struck(self, source: str) -> int:
        """How many requests of the source were struck since the faults were cleared."""
        return sum(fault["struck"] for fault in self._ask(source, "GET")["faults"])

    def clear(self) -> None:
        for source in SOURCES:
            self._ask(source, "DELETE")

    def _ask(self, source: str, method: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.urls[source]}/_control/faults"
        request = urllib.request.Request(url, data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def load(load_source: Load, faulty: Faulty, source: str) -> Any:
    return load_source(source, faulty.connection(source), entities=ENTITIES[source])


def assert_complete(faulty: Faulty, data_dir: Path, source: str) -> None:
    """Every object once, since this world has not moved."""
    truth = faulty.truth(source)
    for entity in ENTITIES[source]:
        rows = query(data_dir, f"select count(*), count(distinct id) from raw_{source}.{entity}")
        assert (entity, rows) == (entity, [(truth[entity]["count"],) * 2])


def snapshot(data_dir: Path, source: str) -> list[Any]:
    """What a failed load must leave alone: rows, cursors and dlt's state."""
    counts = [
        query(data_dir, f"select '{entity}', count(*) from raw_{source}.{entity}")
        for entity in ENTITIES[source]
    ]
    loads = query(data_dir, f"select load_id, status from raw_{source}._dlt_loads order by 1")
    state = query(data_dir, f"select version_hash from raw_{source}._dlt_pipeline_state order by 1")
    return [counts, loads, state]
