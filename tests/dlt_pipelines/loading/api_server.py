"""A server on the loopback interface that answers as a test says, and a client for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contracts.odcs import Source
from dlt_pipelines.loading.answers import Answers
from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.landing import Landing
from dlt_pipelines.loading.parts import Page
from dlt_pipelines.loading.pii import Tokenizer
from dlt_pipelines.loading.retries import Tally

TOKEN = "sk_test_aB1cD2eF3gH4iJ5kL6mN"
TOKENS = Tokenizer(b"k" * 32)
ROWS = b'{"data":[{"id":"or_1"}],"has_more":false}'


@dataclass(frozen=True)
class Answer:
    """`cut` leaves that many bytes of the body unsent and hangs up.

    `wait` are seconds before the answer, `drip` between the bytes of its head and body.
    """

    status: int = 200
    body: bytes = ROWS
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    wait: float = 0.0
    drip: float = 0.0


@dataclass
class Server:
    """Gives its answers in turn, the last one for ever, and keeps what was asked.

    With `answer` it gives what that returns for a path.
    """

    url: str = ""
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answer: Callable[[str], Answer] | None = None

    def next(self, path: str) -> Answer:
        if self.answer is not None:
            return self.answer(path)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.asked.append((self.path, dict(self.headers)))
            answer = state.next(self.path)
            time.sleep(answer.wait)
            head = [f"HTTP/1.1 {answer.status} -", f"Content-Length: {len(answer.body)}"]
            head += [f"{name}: {value}" for name, value in answer.headers.items()]
            text = "\r\n".join([*head, "", ""]).encode() + answer.body
            with suppress(ConnectionError):  # the client may have given up
                self._write(text[: len(text) - answer.cut], answer.drip)
            self.close_connection = answer.cut > 0

        def _write(self, text: bytes, drip: float) -> None:
            step = 1 if drip else len(text)
            for start in range(0, len(text), step):
                self.wfile.write(text[start : start + step])
                time.sleep(drip)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield state
        http.shutdown()


Connect = Callable[..., ApiClient]


@pytest.fixture
def connect(server: Server, shop: Source, monkeypatch: pytest.MonkeyPatch) -> Connect:
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0.001")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "3")

    def make(base_url: str | None = None, **options: Any) -> ApiClient:
        return ApiClient(shop, base_url=base_url or server.url, token=TOKEN, **options)

    return make


def ask(client: ApiClient, path: str = "/orders/or_1", **params: Any) -> Page:
    return client.fetch(client.new_request(path, params), Tally())


Answering = Callable[[ApiClient], Answers]


@pytest.fixture
def answers(shop: Source, tmp_path: Path) -> Iterator[Answering]:
    """The answers of a client about orders, landed below the test's folder."""
    with closing(Landing(str(tmp_path / "bronze"))) as landing:

        def make(client: ApiClient) -> Answers:
            partition = landing.partition(
                source="shop", entity="orders", day=date(2026, 11, 20), run_id="run_1", resumed=True
            )
            return Answers(client, Decoder(shop.entities["orders"], TOKENS), partition)

        yield make
