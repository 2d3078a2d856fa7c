"""Real servers for the tests of whole loads; each is started and stopped by the test itself."""

from __future__ import annotations

import json
import secrets
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from dlt_pipelines.control.runs import new_run_id
from dlt_pipelines.loading import breaker
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.pipelines import load
from dlt_pipelines.loading.windows import Extent
from scripts.cli.hallmark import main
from scripts.mock_api.serve import subprocesses
from scripts.mock_api.world import World
from scripts.sources import Connection, maker

if TYPE_CHECKING:
    from tests.e2e.faulty import Faulty

KEY = secrets.token_hex(20)
WORLD = World.at(datetime(2026, 3, 31, 12, tzinfo=UTC), seed=7)


@dataclass
class Apis:
    """The bundled APIs under test."""

    urls: dict[str, str]

    def connection(self, source: str) -> Connection:
        return Connection(self.urls[source], KEY)

    def advance(self, days: float) -> None:
        for url in self.urls.values():
            _ask(f"{url}/_control/advance", "POST", {"days": days})

    def slow(self, seconds: float) -> None:
        """Every answer from here on comes `seconds` later."""
        for url in self.urls.values():
            fault = {"scenario": "slow", "seconds": seconds, "times": 0}
            _ask(f"{url}/_control/faults", "POST", fault)

    def answered(self, source: str) -> Counter[str]:
        """How often each path and query was answered well since `forget`."""
        found = json.loads(_ask(f"{self.urls[source]}/_control/requests"))["requests"]
        return Counter({each["path"]: each["count"] for each in found if each["status"] == 200})

    def forget(self, source: str) -> None:
        """Forgets what `source` was asked."""
        _ask(f"{self.urls[source]}/_control/requests", "DELETE")

    def truth(self, source: str) -> dict[str, Any]:
        truth: dict[str, Any] = json.loads(_ask(f"{self.urls[source]}/_control/truth"))
        return dict(truth["entities"])


def _ask(url: str, method: str = "GET", body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


@pytest.fixture
def apis() -> Iterator[Apis]:
    with subprocesses(WORLD, key=KEY) as urls:
        yield Apis(urls)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCAL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.01")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "3")
    monkeypatch.setenv("BRONZE_API_RPS", "10000")
    return tmp_path / "data"


Load = Callable[..., dict[str, LedgerRow]]
Hallmark = Callable[..., Any]


@pytest.fixture
def hallmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hallmark:
    """Runs `hallmark … --json` and returns its result, or the code of its error."""

    def call(*arguments: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["hallmark", *arguments, "--json"])
        with pytest.raises(SystemExit) as stop:
            main()
        result = json.loads(capsys.readouterr().out)
        return result["error"]["code"] if stop.value.code else result

    return call


@pytest.fixture
def load_source() -> Load:
    """Loads a source and returns its ledger by entity."""

    def run(
        source: str, connection: Connection, days: int | None = None, **options: Any
    ) -> dict[str, LedgerRow]:
        rows = load(
            source,
            maker(source, connection, extent=Extent(days=days), **options),
            run_id=new_run_id(),
            command="test",
            watch=lambda row: None,
        )
        return {row.entity: row for row in rows}

    return run


Sweep = Callable[..., dict[str, LedgerRow]]


@pytest.fixture
def sweep() -> Sweep:
    """Sweeps a source and returns its ledger by entity."""

    def run(source: str, connection: Connection, **options: Any) -> dict[str, LedgerRow]:
        make = maker(source, connection, extent=Extent(whole=True), **options)
        rows = load(source, make, run_id=new_run_id(), command="sweep", watch=lambda row: None)
        return {row.entity: row for row in rows}

    return run


def query(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data_dir / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def servers() -> Iterator[Faulty]:
    from tests.e2e.faulty import Faulty

    with subprocesses(WORLD, key=KEY) as urls:
        yield Faulty(urls)


@pytest.fixture
def faulty(servers: Faulty, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    """The bundled APIs, shared by a module's tests, each beginning without faults."""
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "5")
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 0.1)  # a page that hangs in each size opens it
    yield servers
    servers.clear()
