from __future__ import annotations

import socket
import time
from typing import Any

import msgspec
import pytest
from api_server import ROWS, TOKEN, Answer, Connect, Server, ask

from contracts.odcs import Source
from dlt_pipelines.errors import (
    AuthenticationError,
    ConfigurationError,
    ExtractionError,
    HallmarkError,
    RetryError,
)
from dlt_pipelines.loading.client import ApiClient, Forbidden, NotFound, Refused
from dlt_pipelines.loading.retries import Tally


def failure(client: ApiClient, **params: Any) -> HallmarkError:
    with pytest.raises(HallmarkError) as caught:
        ask(client, "/orders", limit=2, **params)
    assert TOKEN not in str(caught.value)
    return caught.value


def test_pages_carry_the_request_and_the_body_as_it_came(server: Server, connect: Connect) -> None:
    body = b'{ "data": [ {"id": "or_1"} ], "has_more": false }'
    server.answers = [Answer(body=body)]
    page = ask(connect(), "/orders", **{"created[gte]": 5, "limit": 2})
    assert bytes(page.body) == body
    assert page.request == "/v1/orders?created%5Bgte%5D=5&limit=2"


@pytest.mark.parametrize("path", ["/orders", "/orders?expand=a", "/ör ders"])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"created[gte]": 5, "limit": 2},
        {"after": "or_1&x=2", "tql": "a = 'ü' + b~c/d%"},
    ],
    ids=["none", "numbers", "text"],
)
def test_a_request_is_the_one_that_requests_would_prepare(
    connect: Connect, path: str, params: dict[str, str | int]
) -> None:
    client = connect()
    request = client.new_request(path, params)
    assert client.path_of(request) == request.prepare().path_url


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_answer_is_a_page_that_can_be_landed(
    server: Server, connect: Connect, body: bytes
) -> None:
    server.answers = [Answer(body=body)]
    page = ask(connect(), "/orders")
    assert msgspec.json.decode(msgspec.json.encode(page))["body"] is None


def test_every_request_carries_the_token_and_the_headers(server: Server, connect: Connect) -> None:
    client = connect(headers={"Stripe-Version": "2026-01-28"})
    ask(client, "/orders", limit=2)
    ask(client)
    assert len(server.asked) == 2
    for _, headers in server.asked:
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        assert headers["Stripe-Version"] == "2026-01-28"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Refused, "EXT001"),
        (401, AuthenticationError, "AUTH001"),
        (402, Refused, "EXT001"),
        (403, Forbidden, "AUTH001"),
        (404, NotFound, "EXT001"),
        (409, Refused, "EXT001"),
        (410, NotFound, "EXT001"),
        (422, Refused, "EXT001"),
        (428, Refused, "EXT001"),
    ],
)
def test_a_client_error_is_not_retried(
    server: Server, connect: Connect, status: int, kind: type, code: str
) -> None:
    server.answers = [Answer(status, b'{"error":{"message":"no order of kim@example.com"}}')]
    error = failure(connect())
    assert type(error) is kind
    assert error.code == code
    assert error.context["status"] == status
    assert error.context["url"] == f"{server.url}/v1/orders?limit=2"
    assert "kim@example.com" not in str(error)
    assert len(server.asked) == 1


def test_an_object_that_is_gone_is_not_found(server: Server, connect: Connect) -> None:
    server.answers = [Answer(404, b"{}")]
    with pytest.raises(NotFound):
        ask(connect())
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_a_passing_failure_is_retried(server: Server, connect: Connect, status: int) -> None:
    server.answers = [Answer(status), Answer(status, headers={"Retry-After": "0"}), Answer()]
    client, tally = connect(), Tally()
    page = client.fetch(client.new_request("/orders", {}), tally)
    assert bytes(page.body) == ROWS
    assert len(server.asked) == tally.requests == 3


def test_retry_after_is_waited_for(server: Server, connect: Connect) -> None:
    server.answers = [Answer(429, headers={"Retry-After": "1"}), Answer()]
    started = time.monotonic()
    assert bytes(ask(connect(), "/orders").body) == ROWS
    assert 1.0 <= time.monotonic() - started < 5.0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retries_run_out(server: Server, connect: Connect, status: int) -> None:
    server.answers = [Answer(status, b'{"message":"kim@example.com"}')]
    error = failure(connect())
    assert isinstance(error, RetryError)
    assert str(error).startswith("[RETRY001] the server keeps failing (attempts=3, ")
    assert error.context["status"] == status
    assert error.context["url"] == f"{server.url}/v1/orders?limit=2"
    assert len(server.asked) == 3


def test_the_number_of_attempts_is_configured(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "1")
    server.answers = [Answer(500)]
    assert failure(connect()).context["attempts"] == 1
    assert len(server.asked) == 1


def test_a_refused_connection_names_host_attempts_and_the_systems_words(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    client, tally = connect(f"http://{host}"), Tally()
    with pytest.raises(RetryError) as caught:
        client.fetch(client.new_request("/orders", {}), tally)
    assert caught.value.context == {
        "host": host,
        "attempts": 3,
        "cause": "ConnectionError: Connection refused",
    }
    assert tally.requests == 3


def test_a_hanging_server_is_given_up(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0.1")
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    server.answers = [Answer(wait=0.4)]
    with pytest.raises(RetryError, match="within a request's deadline") as caught:
        ask(connect())
    assert caught.value.context["deadline"] == "RUNTIME__REQUEST_TIMEOUT"
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed_with_the_token(
    server: Server, connect: Connect, status: int
) -> None:
    server.answers = [Answer(status, headers={"Location": "/elsewhere"})]
    error = failure(connect())
    assert type(error) is ExtractionError
    assert error.context["status"] == status
    assert len(server.asked) == 1


def test_an_answer_that_breaks_off_is_retried(server: Server, connect: Connect) -> None:
    server.answers = [Answer(cut=10), Answer()]
    assert bytes(ask(connect(), "/orders").body) == ROWS
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_server_that_echoes_the_token_does_not_get_it_into_an_error(
    server: Server, connect: Connect, status: int, quote: str
) -> None:
    server.answers = [Answer(status, f"{quote}Bearer {TOKEN} is not valid{quote} <".encode())]
    failure(connect())


def test_secrets_in_a_query_do_not_get_into_an_error(server: Server, connect: Connect) -> None:
    server.answers = [Answer(400)]
    with pytest.raises(Refused) as caught:
        ask(connect(), "/orders", api_key=TOKEN)
    assert TOKEN in server.asked[0][0]
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    ["", "api.example", "ftp://api.example", "https://", "file:///", "http://a b", "http://["],
)
def test_a_base_url_is_http(shop: Source, base_url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"CFG001.*SOURCES__SHOP__BASE_URL"):
        ApiClient(shop, base_url=base_url, token=TOKEN)


@pytest.mark.parametrize(
    "base_url",
    [
        f"https://user:{TOKEN}@api.example",
        f"https://api.example/?key={TOKEN}",
        f"https://api.example/#{TOKEN}",
    ],
)
def test_a_base_url_holds_no_secret(shop: Source, base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="no credentials, query or fragment") as caught:
        ApiClient(shop, base_url=base_url, token=TOKEN)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("secret", ["schlüssel", "two\nlines", "\x00"])
def test_a_secret_that_no_header_can_carry_is_refused_and_not_shown(
    connect: Connect, shop: Source, secret: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"CFG001.*the secret of shop") as caught:
        ApiClient(shop, base_url="https://api.example", token=secret)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_a_base_url_may_end_in_a_slash(server: Server, connect: Connect, slashes: str) -> None:
    server.answers = [Answer(body=b"{}")]
    ask(connect(server.url + slashes))
    assert server.asked[0][0] == "/v1/orders/or_1"


def test_a_page_with_a_byte_order_mark_can_be_read_back(server: Server, connect: Connect) -> None:
    server.answers = [Answer(body=b'\xef\xbb\xbf{"data":[{"id":"or_1"}],"has_more":false}')]
    page = ask(connect(), "/orders")
    assert msgspec.json.decode(msgspec.json.encode(page))["body"]["has_more"] is False
