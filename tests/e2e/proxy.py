"""A proxy before a bundled API that answers chosen requests itself: a server having a bad day."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, str, bytes]
Fault = Callable[[str], Answer | None]


@dataclass
class Proxy:
    url: str = ""
    fault: Fault = lambda path: None
    asked: list[str] = field(default_factory=list)


@contextmanager
def proxy_to(target: str) -> Iterator[Proxy]:
    """Passes requests on to `target`, but for those that `fault(path)` answers."""
    proxy = Proxy()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            proxy.asked.append(self.path)
            status, kind, body = proxy.fault(self.path) or self._forward()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _forward(self) -> Answer:
            headers = {"Authorization": self.headers.get("Authorization", "")}
            request = urllib.request.Request(target + self.path, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, "application/json", answer.read()
            except urllib.error.HTTPError as error:
                return error.code, "application/json", error.read()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
