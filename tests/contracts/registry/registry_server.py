"""A registry on a free loopback port, in this process or in one of its own that can be killed."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
import uvicorn
from requests.adapters import HTTPAdapter

from contracts.registry.app import create_app
from contracts.registry.gate import BASE
from contracts.registry.migrate import migrate
from contracts.registry.services import Services, make_services
from contracts.registry.settings import Settings
from dlt_pipelines.signals.logs import Log

Json = dict[str, Any]
SECONDS = 180
ROUTES = {
    ("post", "/datasets"),
    ("get", "/datasets"),
    ("get", "/datasets/{dataset_id}"),
    ("patch", "/datasets/{dataset_id}"),
    ("post", "/datasets/{dataset_id}/layers/{layer}/schemas"),
    ("get", "/datasets/{dataset_id}/layers/{layer}/versions"),
    ("get", "/datasets/{dataset_id}/layers/{layer}/versions/{version}"),
    ("post", "/datasets/{dataset_id}/layers/{layer}/versions/{version}/set-current"),
    ("post", "/datasets/{dataset_id}/layers/{layer}/versions/{version}/validate"),
    ("get", "/datasets/{dataset_id}/layers/{layer}/diff"),
    ("post", "/compatibility/check"),
    ("post", "/subscriptions"),
    ("get", "/subscriptions"),
    ("delete", "/subscriptions/{subscription_id}"),
    ("get", "/deliveries"),
    ("get", "/audit"),
}


@dataclass
class Api:
    """Requests to the routes below the base path; `token` goes with each."""

    root: str
    token: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.mount("http://", HTTPAdapter(pool_maxsize=32))

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**options.pop("headers", {})}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = f"{self.root}{BASE}{path}"
        return self.session.request(method, url, headers=headers, timeout=SECONDS, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.send("POST", path, json=body, **options)

    def patch(self, path: str, body: Any) -> requests.Response:
        return self.send("PATCH", path, json=body)

    def using(self, token: str) -> Api:
        return Api(self.root, token)

    def dataset(self, **more: Any) -> str:
        """A new dataset's id."""
        body = {"namespace": "tests", "name": uuid.uuid4().hex, "owner": "team-tests", **more}
        return str(good(self.post("/datasets", body))["dataset_id"])

    def ingest(
        self,
        dataset_id: str,
        schema: Any,
        *,
        layer: str = "gold",
        current: bool = True,
        **options: Any,
    ) -> requests.Response:
        body = {"schema_json": schema, "set_current_if_compatible": current}
        return self.post(f"/datasets/{dataset_id}/layers/{layer}/schemas", body, **options)

    def versions(self, dataset_id: str, layer: str = "gold") -> list[Json]:
        """All of them, newest first."""
        found: list[Json] = []
        total = 1
        while len(found) < total:
            page = len(found) // 200 + 1
            path = f"/datasets/{dataset_id}/layers/{layer}/versions?page_size=200&page={page}"
            answer = good(self.get(path))
            total = answer["total"]
            found += answer["items"]
        return found


def good(answer: requests.Response) -> Json:
    """The body of an answer that is a success."""
    assert answer.ok, (answer.status_code, answer.text)
    body: Json = answer.json()
    return body


def problem(answer: requests.Response, status: int, code: str) -> Json:
    """The body of an answer that is none, in its one shape."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    body: Json = answer.json()
    assert set(body) == {"code", "message", "details", "correlation_id"}
    assert body["code"] == code and body["message"]
    assert body["correlation_id"] == answer.headers["X-Correlation-Id"]
    return body


def rows(**kinds: Any) -> Json:
    """The schema of an object with these fields alone, required where the name ends with `_`."""
    return {
        "type": "object",
        "properties": {name.rstrip("_"): {"type": kind} for name, kind in kinds.items()},
        "required": [name.rstrip("_") for name in kinds if name.endswith("_")],
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class Running:
    """A server in a thread, what it is made of, and its log."""

    api: Api
    services: Services
    log: io.StringIO

    def lines(self, correlation_id: str) -> list[Json]:
        found = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [each for each in found if each["correlation_id"] == correlation_id]


@contextmanager
def running(url: str, **settings: Any) -> Iterator[Running]:
    log = io.StringIO()
    services = make_services(
        Settings(database_url=url, **settings), Log(log, source=None, hidden=())
    )
    migrate(services.database)
    server = uvicorn.Server(
        uvicorn.Config(create_app(services), log_level="warning", access_log=False)
    )
    bound = socket.create_server(("127.0.0.1", 0), backlog=512)
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield Running(Api(f"http://127.0.0.1:{bound.getsockname()[1]}"), services, log)
    finally:
        server.should_exit = True
        thread.join(timeout=SECONDS)
        services.lines.close()


def until(holds: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Waits for something to be true, and returns it."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


class Process:
    """`hallmark registry serve` as a user starts it, on one port for all its lives."""

    def __init__(self, url: str, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._url = url
        self._environment = {**os.environ, "LOG_LEVEL": "ERROR", **environment}
        self.api = Api(f"http://127.0.0.1:{self.port}")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Process:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--database-url", self._url]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.cli.hallmark", "registry", "serve", *arguments],
            env=self._environment,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            until(self._answers)
        except BaseException:
            self.kill()
            raise

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, "it has ended"
        try:
            return self.api.get("/healthz").ok
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=SECONDS)

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=SECONDS)
