from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from api_server import Answer, Answering, Connect, Server
from requests import Request

from contracts.odcs import Limits, Source
from dlt_pipelines.errors import RetryError
from dlt_pipelines.loading.page_size import PageSize, rows_a_page
from dlt_pipelines.loading.paginators import paginator

COUNT = 37


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_TIMEOUT", "0.2")


def timed_out(size: PageSize, times: int) -> None:
    for _ in range(times):
        size.saw(timeout=True)


@pytest.mark.parametrize(("configured", "rows"), [("", 100), ("7", 7), ("500", 100)])
def test_the_configured_size_only_lowers_the_contract_s(
    configured: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_PAGE_SIZE", configured)
    assert rows_a_page(Limits(max_records=100, burst=1)) == rows


def test_two_timeouts_in_a_row_halve_it_down_to_an_eighth() -> None:
    notes: list[str] = []
    size = PageSize("limit", 100, notes.append)
    limits = []
    for _ in range(5):
        timed_out(size, 2)
        if size.stalled:
            size.halve()
        limits.append(size.limit)
    assert limits == [50, 25, 12, 12, 12]
    assert notes[0] == "pages timed out: 50 rows a page from there on"
    assert len(notes) == 3


def test_another_end_between_timeouts_does_not_halve_it() -> None:
    size = PageSize("limit", 100, print)
    for _ in range(3):
        timed_out(size, 1)
        size.saw(timeout=False)
    assert not size.stalled


def test_it_is_asked_for_beside_the_other_parameters() -> None:
    request = Request("GET", "https://api.example", params={"status": "open", "limit": 9})
    PageSize("limit", 4, print).ask(request)
    assert request.params == {"status": "open", "limit": 4}


def served(path: str) -> tuple[Any, int]:
    """A page of 37 orders by offset or by cursor, and how many rows it was to hold."""
    query = dict(parse_qsl(urlsplit(path).query))
    limit = int(query.get("limit") or query["size"])
    start = int(query.get("after", query.get("offset", -1)))
    start += "offset" not in query
    rows = [{"id": str(number)} for number in range(COUNT)][start : start + limit]
    if "offset" in query:
        return {"results": rows, "resultSize": 0}, limit
    return {"data": rows, "has_more": start + limit < COUNT}, limit


def stalls_above(most: int, after: int, answer: Answer) -> Any:
    """A server that has no time for more than `most` rows once it was asked `after` times."""
    asked: list[str] = []

    def serve(path: str) -> Answer:
        asked.append(path)
        page, limit = served(path)
        if limit > most and len(asked) > after:
            return answer
        return Answer(body=json.dumps(page).encode())

    return serve


@pytest.mark.parametrize("paging", ["cursor", "offset"])
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("answer", [Answer(wait=0.5), Answer(504)], ids=["silence", "504"])
def test_a_stalled_list_goes_on_in_smaller_pages_from_the_same_place(
    server: Server,
    shop: Source,
    connect: Connect,
    answers: Answering,
    paging: str,
    after: int,
    answer: Answer,
) -> None:
    server.answer = stalls_above(4, after, answer)
    notes: list[str] = []
    asking = answers(connect())
    pages = asking.list("/orders", {}, paginator(shop.paging[paging], 8, notes.append))
    ids = [row.id for page in pages for row in page.decoded.rows]
    assert ids == [str(number) for number in range(COUNT)]
    assert notes == ["pages timed out: 4 rows a page from there on"]
    small = [dict(parse_qsl(urlsplit(path).query)) for path, _ in server.asked][after + 2 :]
    assert {query.get("limit", query.get("size")) for query in small} == {"4"}


def test_a_page_that_stalls_in_every_size_is_retry001(
    server: Server, shop: Source, connect: Connect, answers: Answering
) -> None:
    server.answers = [Answer(wait=0.5)]
    asking = answers(connect())
    with pytest.raises(RetryError) as caught:
        list(asking.list("/orders", {}, paginator(shop.paging["cursor"], 2, print)))
    assert caught.value.context["deadline"] == "RUNTIME__REQUEST_TIMEOUT"
    sizes = [dict(parse_qsl(urlsplit(path).query))["limit"] for path, _ in server.asked]
    assert sizes == ["2", "2", "1", "1", "1"]
