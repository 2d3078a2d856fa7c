from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dlt_pipelines.errors import ExtractionError
from scripts.health import require_healthy


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 418)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"status":"ok"}'),
        (404, b'{"error":{}}'),
        (404, b'{"status":"not found"}'),
        (200, b"<html>hello</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (401, b""),
    ],
)
def test_a_server_that_is_well_or_not_ours_passes(status: int, body: bytes) -> None:
    with answering(status, body) as url:
        require_healthy(url)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b'{"status":"starting"}'), (503, b""), (500, b'{"status":"ok"}')]
)
def test_a_bundled_api_that_is_not_well_is_ext001(status: int, body: bytes) -> None:
    message = r"EXT001\] Mock API not healthy.*hallmark mock serve"
    with answering(status, body) as url, pytest.raises(ExtractionError, match=message):
        require_healthy(url)


def test_nobody_there_is_ext001() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(ExtractionError, match=r"Mock API not healthy.*no answer"):
            require_healthy(f"http://{host}:{port}")


@pytest.mark.parametrize("url", ["https://payments.invalid", "http://[", "nonsense", ""])
def test_a_server_elsewhere_is_not_asked(url: str) -> None:
    require_healthy(url)
