"""A bundled API behind a real socket, asked the way the tests of faults need it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import urlsplit

from scripts.mock_api.serve import SOURCES, listening
from scripts.mock_api.world import World

KEY = "fault-test-key"
WORLD = World.at(datetime(2026, 3, 31, 12, tzinfo=UTC), seed=7)
API = "/flex/services/rest/latest"
CHARGES = "/v1/charges?limit=10"
EXECUTIONS = f"{API}/execution?pagesize=10"
LISTS = {"payments": CHARGES, "zephyr": EXECUTIONS}
PROBES = {
    "payments": ["/v1/charges?limit=5", "/v1/refunds", "/v1/events?limit=3", "/v1/nothing"],
    "zephyr": [
        API + path
        for path in ("/project/details", "/release/project/11", "/execution?offset=4", "/nothing")
    ],
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Those of a list that has some, whichever shape it comes in."""
        content = self.json()
        if isinstance(content, list) and "results" in content[0]:
            (content,) = content
        rows: list[dict[str, Any]] = content
        return rows if isinstance(content, list) else content.get("results") or content["data"]


@dataclass(frozen=True)
class Server:
    source: str
    url: str

    def ask(
        self, path: str, method: str = "GET", body: object = None, *, timeout: float = 10
    ) -> Answer:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=timeout)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Authorization": f"Bearer {KEY}"})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def first_page(self) -> Answer:
        return self.ask(LISTS[self.source])

    def timed(self, path: str) -> float:
        """Seconds that an answer takes."""
        before = time.monotonic()
        self.ask(path)
        return time.monotonic() - before

    def fault(self, scenario: str, **values: Any) -> None:
        answer = self.ask("/_control/faults", "POST", {"scenario": scenario, **values})
        assert answer.status == 201, answer.body

    def struck(self) -> list[int]:
        return [fault["struck"] for fault in self.ask("/_control/faults").json()["faults"]]

    def clear(self) -> None:
        self.ask("/_control/faults", "DELETE")

    def probes(self) -> list[tuple[int, bytes]]:
        answers = [self.ask(path) for path in [*PROBES[self.source], "/_control/truth"]]
        return [(answer.status, answer.body) for answer in answers]


@contextmanager
def serving() -> Iterator[dict[str, Server]]:
    with listening(SOURCES, port=0, world=WORLD, key=KEY) as servers:
        yield {server.source: Server(server.source, server.url) for server in servers}
