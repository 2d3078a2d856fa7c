"""A client that calls the bundled Zephyr server in this process, and a full walk over its API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.types import Message

from scripts.mock_api.world import World
from scripts.mock_api.zephyr import BASE_PATH, create_app

KEY = "zephyr-test-token"

Json = dict[str, Any]


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Client:
    """Sends `authorization` with every request; None sends no such header."""

    app: Starlette
    authorization: str | None = f"Bearer {KEY}"

    @classmethod
    def of(cls, world: World) -> Client:
        return cls(create_app(world, KEY))

    def get(self, path: str, **params: Any) -> Answer:
        return self.request("GET", path, query=urlencode(params))

    def api(self, path: str, **params: Any) -> Answer:
        return self.get(BASE_PATH + path, **params)

    def rows(self, path: str, **params: Any) -> list[Json]:
        """The rows of a list, whichever shape it comes in."""
        answer = self.api(path, **params)
        assert answer.status in (200, 204), answer.content
        return rows_of(answer.json()) if answer.content else []

    def request(self, method: str, path: str, *, query: str = "", body: bytes = b"") -> Answer:
        headers = [] if self.authorization is None else [(b"authorization", self._header())]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
        }
        answer = Answer()

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {
                    name.decode(): value.decode() for name, value in message["headers"]
                }
            else:
                answer.content += message.get("body", b"")

        asyncio.run(self._call(scope, receive, send))
        return answer

    async def _call(self, *asgi: Any) -> None:
        await self.app(*asgi)

    def _header(self) -> bytes:
        return (self.authorization or "").encode()


def rows_of(content: Any) -> list[Json]:
    if isinstance(content, list) and content and "results" in content[0]:
        (content,) = content
    return list(content["results"] if isinstance(content, dict) else content)


def pages(client: Client, phase_id: int, page_size: int) -> Iterator[list[Json]]:
    offset = 0
    while rows := client.rows(
        "/execution", cyclephaseid=phase_id, offset=offset, pagesize=page_size
    ):
        yield rows
        offset += len(rows)


@dataclass
class Walk:
    """All that a full walk brings home, and the projects that refused their releases."""

    rows: dict[str, list[Json]]
    forbidden: list[int]

    @classmethod
    def of(cls, client: Client, page_size: int = 100) -> Walk:
        projects = client.rows("/project/details")
        forbidden = [
            project["id"]
            for project in projects
            if client.api(f"/release/project/{project['id']}").status == 403
        ]
        releases = [
            release
            for project in projects
            if project["id"] not in forbidden
            for release in client.rows(f"/release/project/{project['id']}")
        ]
        cycles = [
            cycle
            for release in releases
            for cycle in client.rows(f"/cycle/release/{release['id']}")
        ]
        phases = [phase for cycle in cycles for phase in cycle["cyclePhases"]]
        executions = [
            execution
            for phase in phases
            for page in pages(client, phase["id"], page_size)
            for execution in page
        ]
        rows = {
            "projects": projects,
            "releases": releases,
            "cycles": cycles,
            "cycle_phases": phases,
            "executions": executions,
            "test_cases": [row["tcrTreeTestcase"]["testcase"] for row in executions],
        }
        return cls(rows, forbidden)
