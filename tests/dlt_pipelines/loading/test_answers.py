from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from api_server import TOKEN, Answer, Answering, Connect, Server

from contracts.odcs import Source
from dlt_pipelines.errors import ExtractionError
from dlt_pipelines.loading.answers import Answer as Answered
from dlt_pipelines.loading.answers import Answers
from dlt_pipelines.loading.client import ApiClient
from dlt_pipelines.loading.paginators import paginator
from dlt_pipelines.loading.parts import read_page

COUNT = 23


def pages(asking: Answers, shop: Source, paging: str, limit: int = 2) -> Iterator[Answered]:
    return asking.list("/orders", {}, paginator(shop.paging[paging], limit))


def ids(found: Iterator[Answered]) -> list[str]:
    return [row.id for answer in found for row in answer.decoded.rows]


def by_offset(total: int = COUNT) -> Any:
    """A server that says truly how many rows it has."""

    def serve(path: str) -> Answer:
        query = dict(parse_qsl(urlsplit(path).query))
        start, size = int(query["offset"]), int(query["size"])
        rows = [{"id": str(number)} for number in range(COUNT)][start : start + size]
        return Answer(body=json.dumps({"results": rows, "resultSize": total}).encode())

    return serve


def test_pages_follow_the_cursor(
    server: Server, shop: Source, connect: Connect, answers: Answering
) -> None:
    more = b'{"data":[{"id":"or_2"}],"has_more":true}'
    server.answers = [Answer(body=more), Answer()]
    asking = answers(connect())
    assert ids(pages(asking, shop, "cursor")) == ["or_2", "or_1"]
    assert [path for path, _ in server.asked] == [
        "/v1/orders?limit=2",
        "/v1/orders?limit=2&after=or_2",
    ]
    assert asking.tally.requests == 2


def test_an_object_is_one_row(server: Server, connect: Connect, answers: Answering) -> None:
    server.answers = [Answer(body=b'{"id": "or_1"}')]
    found = answers(connect()).object("/orders/or_1")
    assert [row.id for row in found.decoded.rows] == ["or_1"]
    assert server.asked[0][0] == "/v1/orders/or_1"


def test_a_page_has_landed_when_it_is_given(
    server: Server, shop: Source, connect: Connect, answers: Answering
) -> None:
    (found,) = pages(answers(connect()), shop, "cursor")
    data = Path(found.part).read_bytes()
    assert read_page(data) == found.page
    assert not found.landed


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("total", [0, COUNT, 2 * COUNT, 7])
def test_offsets_are_asked_side_by_side_and_come_in_order(
    server: Server, shop: Source, connect: Connect, answers: Answering, workers: int, total: int
) -> None:
    server.answer = by_offset(total)
    asking = answers(connect(workers=workers))
    assert ids(pages(asking, shop, "offset", 4)) == [str(number) for number in range(COUNT)]
    assert asking.tally.requests == len(server.asked)


def test_a_list_that_is_given_up_asks_no_more(
    server: Server, shop: Source, connect: Connect, answers: Answering
) -> None:
    server.answer = by_offset()
    client: ApiClient = connect(workers=2)
    found = pages(answers(client), shop, "offset", 1)
    next(found)
    next(found)
    found.close()  # type: ignore[attr-defined]
    client.pool.shutdown()
    assert len(server.asked) <= 4


def test_html_with_status_200_shows_url_and_excerpt(
    server: Server, shop: Source, connect: Connect, answers: Answering
) -> None:
    server.answers = [Answer(body=b"<html><title>Please sign in</title></html>")]
    with pytest.raises(ExtractionError) as caught:
        list(pages(answers(connect()), shop, "cursor"))
    assert caught.value.context == {
        "url": f"{server.url}/v1/orders?limit=2",
        "body": "<html><title>Please sign in</title></html>",
    }
    assert len(server.asked) == 1


def test_truncated_json_shows_no_values(
    server: Server, shop: Source, connect: Connect, answers: Answering
) -> None:
    server.answers = [Answer(body=b'{"data":[{"id":"or_1","name":"Kim Lee","email":"kim@exam')]
    with pytest.raises(ExtractionError) as caught:
        list(pages(answers(connect()), shop, "cursor"))
    assert caught.value.context["url"] == f"{server.url}/v1/orders?limit=2"
    assert '"name":"…"' in str(caught.value)
    for value in ("or_1", "Kim", "kim@exam"):
        assert value not in str(caught.value)


@pytest.mark.parametrize("quote", ["", '"'])
def test_an_answer_that_echoes_the_token_does_not_get_it_into_an_error(
    server: Server, connect: Connect, answers: Answering, quote: str
) -> None:
    server.answers = [Answer(body=f"{quote}Bearer {TOKEN} is not valid{quote} <".encode())]
    with pytest.raises(ExtractionError) as caught:
        answers(connect()).object("/orders/or_1")
    assert TOKEN not in str(caught.value)
