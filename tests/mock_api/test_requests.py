"""What the bundled APIs say they were asked."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException

import pytest
from faulty_server import CHARGES, LISTS, Server

PATH = "/_control/requests"
payments = pytest.mark.parametrize("server", ["payments"], indirect=True)


@pytest.fixture(autouse=True)
def _forgotten(server: Server) -> Iterator[None]:
    server.ask(PATH, "DELETE")
    yield
    server.ask(PATH, "DELETE")


def answered(server: Server) -> dict[tuple[str, int], int]:
    found = server.ask(PATH).json()
    assert found["total"] == sum(each["count"] for each in found["requests"])
    assert {each["method"] for each in found["requests"]} <= {"GET"}
    return {(each["path"], each["status"]): each["count"] for each in found["requests"]}


def test_each_request_is_counted_with_its_query(server: Server) -> None:
    path = LISTS[server.source]
    other = path.replace("=10", "=9")
    for asked in (path, other, path):
        server.ask(asked)
    assert answered(server) == {(path, 200): 2, (other, 200): 1}


def test_what_is_asked_outside_the_api_is_not_counted(server: Server) -> None:
    for path in ("/health", "/_control/truth", "/nothing"):
        server.ask(path)
    assert answered(server) == {}


def test_an_error_is_counted_by_the_status_that_was_sent(server: Server) -> None:
    server.fault("server_error")
    server.first_page()
    server.first_page()
    path = LISTS[server.source]
    assert answered(server) == {(path, 500): 1, (path, 200): 1}


@payments
@pytest.mark.parametrize("scenario", ["reset", "cut_off"])
def test_an_answer_that_did_not_end_is_not_counted(server: Server, scenario: str) -> None:
    server.fault(scenario)
    with pytest.raises((HTTPException, ConnectionError)):
        server.ask(CHARGES)
    assert answered(server) == {}


@payments
def test_an_answer_nobody_waited_for_is_not_counted(server: Server) -> None:
    server.fault("slow", seconds=0.3)
    with pytest.raises(TimeoutError):
        server.ask(CHARGES, timeout=0.05)
    server.ask("/v1/refunds")
    assert answered(server) == {("/v1/refunds", 200): 1}


def test_reset_tells_how_many_there_were_and_begins_anew(server: Server) -> None:
    server.first_page()
    assert server.ask(PATH, "DELETE").json() == {"cleared": 1}
    assert answered(server) == {}
