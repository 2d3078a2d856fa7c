"""Asks a registry: answers timed one by one, or as many as several clients get."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import median
from typing import Any

from contracts.registry.gate import BASE
from dlt_pipelines.errors import ExtractionError
from scripts.benchmarks.registry_store import LAYER, schema

_JSON = {"Content-Type": "application/json"}
_SECONDS = 60


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)

    def get(self, path: str) -> bytes:
        """Raises EXT001 for anything but 200: a wrong answer has no speed."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ExtractionError("the registry did not answer", path=path, status=answer.status)
        return body

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self._connection.request("POST", BASE + path, json.dumps(body).encode(), _JSON)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def seconds(self, path: str) -> float:
        began = time.perf_counter()
        self.get(path)
        return time.perf_counter() - began


def latest(dataset_id: str) -> str:
    return f"{BASE}/datasets/{dataset_id}/layers/{LAYER}/versions/latest"


def diff(dataset_id: str, base: int, new: int) -> str:
    return f"{BASE}/datasets/{dataset_id}/layers/{LAYER}/diff?from={base}&to={new}"


def medians(port: int, paths: Sequence[str], rounds: int) -> tuple[float, float]:
    """Median seconds of `paths`, and of the bare route with answers of their size, in turns."""
    client = Client(port)
    pairs = [(path, f"/bare/{len(client.get(path))}") for path in paths]
    for _, bare in pairs:
        client.get(bare)
    turns = [pairs[number % len(pairs)] for number in range(rounds)]
    taken = [(client.seconds(path), client.seconds(bare)) for path, bare in turns]
    return median(one for one, _ in taken), median(other for _, other in taken)


def ingest(
    port: int, clients: int, each: int, say: Callable[[str], None]
) -> tuple[float, list[int]]:
    """Schemas per second of clients side by side, half of them into one dataset; bad statuses."""
    first = Client(port)
    _, made = first.post("/datasets", {"namespace": "load", "name": "shared", "owner": "bench"})
    shared = made["dataset_id"]

    def work(number: int) -> list[int]:
        client = Client(port)
        own = {"namespace": "load", "name": f"own-{number}", "owner": "bench"}
        _, mine = client.post("/datasets", own)
        statuses = []
        for turn in range(each):
            dataset_id = shared if turn % 2 else mine["dataset_id"]
            value = schema(12, version=number * each + turn, more=turn % 7)
            body = {"schema_json": value, "set_current_if_compatible": True}
            where = f"/datasets/{dataset_id}/layers/{LAYER}/schemas"
            statuses.append(client.post(where, body)[0])
        return statuses

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = [status for statuses in pool.map(work, range(clients)) for status in statuses]
    rate = len(found) / (time.perf_counter() - began)
    say(f"{clients} clients: {len(found)} schemas, {rate:.0f} a second")
    return rate, [status for status in found if status >= 300]
