"""What no generator sends: every route gets a refusal in its one shape, soon, and lives on."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from registry_server import BASE, ROUTES, SECONDS, Api, good, problem, rows, running
from registry_stores import new_store

POSTS = sorted(path for method, path in ROUTES if method in ("post", "patch"))
WITH_BODY = [path for path in POSTS if not path.endswith("set-current")]
READS = sorted(path for method, path in ROUTES if method == "get")
DEEP = 10_000


@pytest.fixture(scope="module")
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running(new_store("sqlite", request, tmp_path_factory.mktemp("hostile"))) as server:
        yield server.api


@pytest.fixture(scope="module")
def names(api: Api) -> dict[str, str]:
    """What the templates of paths stand for."""
    dataset_id = api.dataset()
    good(api.ingest(dataset_id, rows(id_="string")))
    return {
        "dataset_id": dataset_id,
        "layer": "gold",
        "version": "latest",
        "subscription_id": "sub_0",
    }


@pytest.fixture(autouse=True)
def alive(api: Api) -> Iterator[None]:
    """Whatever came, the next request is answered at once."""
    yield
    began = time.monotonic()
    assert api.get("/datasets").ok
    assert time.monotonic() - began < 10


def refused(answer: requests.Response) -> dict[str, Any]:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    return problem(answer, answer.status_code, answer.json()["code"])


def send(
    api: Api, names: dict[str, str], path: str, body: Any, kind: str = "application/json"
) -> requests.Response:
    method = "PATCH" if path == "/datasets/{dataset_id}" else "POST"
    return api.send(method, path.format(**names), data=body, headers={"Content-Type": kind})


def endless() -> Iterator[bytes]:
    """Chunks without a length, more than is read."""
    for _ in range(64):
        yield b'{"a": "' + b"x" * 65_536


BODIES: dict[str, Any] = {
    "deep-objects": lambda: '{"a":' * DEEP + "1" + "}" * DEEP,
    "deep-lists": lambda: "[" * DEEP + "]" * DEEP,
    "two-mebibytes": lambda: json.dumps({"name": "x" * 2**21}),
    "chunks-without-a-length": endless,
    "not-utf-8": lambda: b'{"namespace": "\xff\xfe", "name": "\xc3\x28"}',
    "utf-16": lambda: json.dumps({"namespace": "n"}).encode("utf-16"),
    "byte-order-mark": lambda: b"\xef\xbb\xbf{}",
    "nul": lambda: b"\x00",
    "huge-number": lambda: '{"min_version": 1' + "0" * 5_000 + "}",
    "huge-exponent": lambda: '{"min_version": 1e999999999}',
    "half-a-character": lambda: r'{"name": "\ud800"}',
    "many-keys": lambda: json.dumps({str(number): 1 for number in range(50_000)}),
    "nothing": lambda: b"",
    "a-word": lambda: "null",
}


@pytest.mark.parametrize("path", WITH_BODY)
@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_a_hostile_body_is_refused_everywhere(
    api: Api, names: dict[str, str], path: str, body: Any
) -> None:
    refused(send(api, names, path, body()))


@pytest.mark.parametrize("path", WITH_BODY)
@pytest.mark.parametrize(
    "kind",
    ["text/html", "application/x-www-form-urlencoded", "multipart/form-data", "x", "é/é", ""],
)
def test_a_body_of_another_kind_is_refused(
    api: Api, names: dict[str, str], path: str, kind: str
) -> None:
    refused(send(api, names, path, b'{"namespace": "n", "name": "kind", "owner": "o"}', kind))


@pytest.mark.parametrize("field", ["namespace", "name", "owner", "steward"])
@pytest.mark.parametrize("text", ["a\x00b", "\x00", "a\nb", "\x7f", " a", "", "x" * 201])
def test_a_name_is_plain_text(api: Api, field: str, text: str) -> None:
    body = {"namespace": "n", "name": "n", "owner": "o", field: text}
    refused(api.post("/datasets", body))


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    "query",
    ["page=99999999999999999999", "page=1e9", "page=-1", "page_size=2147483648", "page=%00"],
)
def test_a_huge_page_is_refused_or_means_nothing(
    api: Api, names: dict[str, str], path: str, query: str
) -> None:
    answer = api.get(f"{path.format(**names)}?{query}&from=1&to=1")
    paged = path.endswith(("datasets", "versions", "subscriptions", "deliveries", "audit"))
    assert answer.status_code == (422 if paged else 200), answer.text


@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
@pytest.mark.parametrize("method", ["PUT", "TRACE", "PROPFIND", "get", "OPTIONS", "CONNECT", "X"])
def test_a_method_that_a_path_does_not_take(
    api: Api, names: dict[str, str], path: str, method: str
) -> None:
    address, _ = raw(api)
    target = BASE + path.format(**names)
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    status, headers, _ = exchange(address, head.encode())
    assert status in (400, 405), (status, headers)


def raw(api: Api) -> tuple[tuple[str, int], str]:
    host, _, port = api.root.removeprefix("http://").partition(":")
    return (host, int(port)), f"{host}:{port}"


def exchange(address: tuple[str, int], request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, head and body of the answer to bytes as they are."""
    with socket.create_connection(address, timeout=SECONDS) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(": ") for line in lines)
    return int(first.split()[1]), {name.lower(): value for name, _, value in fields}, body


HEADERS = {
    "line-feed": b"X-Correlation-Id: a\nSet-Cookie: stolen=1",
    "folded": b"X-Correlation-Id: a\r\n Set-Cookie: stolen=1",
    "escaped": b"X-Correlation-Id: a%0d%0aSet-Cookie: stolen=1",
    "carriage-return": b"X-Correlation-Id: a\rSet-Cookie: stolen=1",
    "not-ascii": b"X-Correlation-Id: \xff\xfe",
    "long": b"X-Correlation-Id: " + b"a" * 30_000,
    "many": b"\r\n".join(b"X-%d: 1" % number for number in range(200)),
    "host-that-is-none": b"X-Forwarded-Host: [",
    "origin-that-is-none": b"Origin: http://[",
    "key-with-control": b"Idempotency-Key: \x01",
    "token-not-ascii": b"Authorization: Bearer \xff",
    "basic-that-is-none": b"Authorization: Basic !!!",
    "traceparent": b"traceparent: 00-zz-zz-zz",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=list(HEADERS))
def test_a_header_injects_nothing(api: Api, header: bytes) -> None:
    address, host = raw(api)
    head = b"GET %b/datasets HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n%b\r\n\r\n"
    status, headers, _ = exchange(address, head % (BASE.encode(), host.encode(), header))
    assert status in (200, 400, 401, 403, 422, 431), (status, headers)
    assert "set-cookie" not in headers
    assert len(headers.get("x-correlation-id", "")) <= 128


@pytest.mark.parametrize("host", [b"[", b"[::1", b"]", b"a b", b"\xff", b"localhost:99999", b"@"])
def test_a_host_that_is_none_is_refused(api: Api, host: bytes) -> None:
    head = b"GET %b/datasets HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"
    status, _, _ = exchange(raw(api)[0], head % (BASE.encode(), host))
    assert status in (200, 400, 403)


@pytest.mark.parametrize("origin", [b"http://[", b"null", b"https://evil.example"])
def test_a_page_of_another_site_changes_nothing(api: Api, origin: bytes) -> None:
    address, host = raw(api)
    head = (
        b"POST %b/datasets HTTP/1.1\r\nHost: %b\r\nConnection: close\r\nOrigin: %b\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    status, _, body = exchange(address, head % (BASE.encode(), host.encode(), origin))
    assert (status, json.loads(body)["code"]) == (403, "forbidden")


FRAMES = {
    "negative": b"Content-Length: -1",
    "no-number": b"Content-Length: \xb2",
    "huge": b"Content-Length: 99999999999999999999999999",
    "two": b"Content-Length: 2\r\nContent-Length: 3",
    "both": b"Content-Length: 2\r\nTransfer-Encoding: chunked",
    "unknown": b"Transfer-Encoding: gzip",
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_a_length_that_is_none_is_refused_and_not_waited_for(api: Api, frame: bytes) -> None:
    address, host = raw(api)
    head = (
        b"POST %b/datasets HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\n%b\r\n\r\n{}"
    )
    with socket.create_connection(address, timeout=SECONDS) as connection:
        connection.sendall(head % (BASE.encode(), host.encode(), frame))
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65_536)
    assert not answer or 400 <= int(answer.split()[1]) < 500, answer


def test_slow_bodies_keep_nobody_waiting(api: Api) -> None:
    address, host = raw(api)
    head = (
        f"POST {BASE}/datasets HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nContent-Length: 60\r\n\r\n{"
    )
    slow = [socket.create_connection(address, timeout=SECONDS) for _ in range(60)]
    try:
        for connection in slow:
            connection.sendall(head.encode())
        began = time.monotonic()
        for _ in range(5):
            assert api.get("/datasets").ok
            api.dataset()
        assert time.monotonic() - began < 20
        rest = '"namespace": "slow", "name": "slow", "owner": "o"}'.ljust(59)
        for byte in rest.encode():
            slow[0].sendall(bytes([byte]))
        assert slow[0].recv(65_536).startswith(b"HTTP/1.1 201")
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("key", ["a b", "", "x" * 256, "é"])
def test_an_idempotency_key_is_plain_or_refused(api: Api, key: str) -> None:
    body = {"namespace": "keys", "name": "keys", "owner": "o"}
    refused(api.post("/datasets", body, headers={"Idempotency-Key": key.encode()}))
