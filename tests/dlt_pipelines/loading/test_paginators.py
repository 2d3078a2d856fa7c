from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import PreparedRequest, Request, Response

from contracts.odcs import Entity, Field, Source
from dlt_pipelines.errors import ExtractionError, PaginationError
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.paginators import OffsetPaginator, paginator
from dlt_pipelines.loading.pii import Tokenizer

URL = "https://api.example/v1/orders"
ORDERS = Entity(
    source="shop",
    name="orders",
    version="1.0.0",
    description="One row per order.",
    key="id",
    fields=(Field(name="id", type="string", required=True),),
)
Serve = Callable[[dict[str, Any]], Any]


def walk(paging: BasePaginator, serve: Serve, at_most: int = 20) -> list[dict[str, Any]]:
    """The query of each request, as dlt's client would send them."""
    decoder = Decoder(ORDERS, Tokenizer(b"k" * 32))
    request = Request("GET", URL, params={"status": "open"})
    paging.init_request(request)
    asked: list[dict[str, Any]] = []
    while paging.has_next_page and len(asked) < at_most:
        asked.append(dict(request.params))
        response = Response()
        response.request = PreparedRequest()
        response.request.prepare("GET", URL, params=request.params)
        page = decoder.page(json.dumps(serve(request.params)).encode(), URL)
        paging.update_state(response, page)  # type: ignore[arg-type]
        paging.update_request(request)
    return asked


def orders(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"or_{number}"} for number in numbers]


def numbered(count: int) -> Serve:
    """An offset server with `count` rows that always says that its result has no size."""
    return lambda params: {
        "resultSize": 0,
        "results": orders(*range(count))[params["offset"] : params["offset"] + params["size"]],
    }


def test_a_cursor_goes_on_after_the_last_row_while_there_is_more(shop: Source) -> None:
    pages = {None: (orders(5, 4), True), "or_4": (orders(3, 2), True), "or_2": (orders(1), False)}

    def serve(params: dict[str, Any]) -> Any:
        rows, more = pages[params.get("after")]
        return {"data": rows, "has_more": more}

    assert walk(paginator(shop.paging["cursor"], 2), serve) == [
        {"status": "open", "limit": 2},
        {"status": "open", "limit": 2, "after": "or_4"},
        {"status": "open", "limit": 2, "after": "or_2"},
    ]


@pytest.mark.parametrize("page", [orders(2, 1), {"data": orders(2, 1)}, {"results": orders(1, 1)}])
def test_a_page_that_does_not_say_whether_more_come_is_not_the_end(page: Any, shop: Source) -> None:
    with pytest.raises(ExtractionError, match=r"EXT001.*has_more"):
        walk(paginator(shop.paging["cursor"], 2), lambda _: page)


def test_an_empty_page_that_promises_more_is_not_the_end(shop: Source) -> None:
    with pytest.raises(PaginationError, match="more come"):
        walk(paginator(shop.paging["cursor"], 2), lambda _: {"data": [], "has_more": True})


def test_an_empty_answer_is_no_list_of_a_cursor(shop: Source) -> None:
    with pytest.raises(ExtractionError, match="no list"):
        walk(paginator(shop.paging["cursor"], 2), lambda _: [])


def test_a_page_longer_than_asked_for_hides_no_row(shop: Source) -> None:
    """A server that sends one row of the next page too many."""

    def serve(params: dict[str, Any]) -> Any:
        rows = orders(*range(6))[params["offset"] : params["offset"] + params["size"] + 1]
        return {"results": rows}

    asked = walk(paginator(shop.paging["offset"], 2), serve)
    assert [each["offset"] for each in asked] == [0, 2, 4, 6]


def test_a_server_that_ignores_the_cursor_is_noticed(shop: Source) -> None:
    with pytest.raises(PaginationError, match=r"PAGE001.*sent a page again"):
        walk(
            paginator(shop.paging["cursor"], 2), lambda _: {"data": orders(2, 1), "has_more": True}
        )


def test_a_server_that_ignores_the_cursor_is_noticed_although_its_rows_vary(shop: Source) -> None:
    calls = iter(range(100))

    def serve(_: dict[str, Any]) -> Any:
        return {"data": [{"id": "or_1", "signed_url": str(next(calls))}], "has_more": True}

    with pytest.raises(PaginationError, match="sent a page again"):
        walk(paginator(shop.paging["cursor"], 2), serve)


def test_pages_of_rows_that_do_not_fit_are_told_apart_by_their_keys(shop: Source) -> None:
    """An offset list of broken rows alone: all of them have to reach the quarantine."""
    rows = [{"id": number} for number in range(6)]

    def serve(params: dict[str, Any]) -> Any:
        return {"results": rows[params["offset"] : params["offset"] + params["size"]]}

    asked = walk(paginator(shop.paging["offset"], 2), serve)
    assert [each["offset"] for each in asked] == [0, 2, 4, 6]


def test_a_server_in_a_longer_circle_is_noticed(shop: Source) -> None:
    after = {None: orders(3), "or_3": orders(2), "or_2": orders(1), "or_1": orders(3)}
    with pytest.raises(PaginationError, match="page=4"):
        walk(
            paginator(shop.paging["cursor"], 1),
            lambda params: {"data": after[params.get("after")], "has_more": True},
        )


@pytest.mark.parametrize("last", [{"name": "no id"}, {"id": None}, {"id": 7}, None, "or_1"])
def test_a_cursor_cannot_go_on_from_a_row_without_id(shop: Source, last: object) -> None:
    with pytest.raises(ExtractionError, match=r"EXT001.*'id' to go on from"):
        walk(paginator(shop.paging["cursor"], 2), lambda _: {"data": [last], "has_more": True})


def test_the_last_row_of_the_last_page_needs_no_id(shop: Source) -> None:
    serve: Serve = lambda _: {"data": [None], "has_more": False}  # noqa: E731
    assert len(walk(paginator(shop.paging["cursor"], 2), serve)) == 1


@pytest.mark.parametrize(
    ("count", "offsets"), [(0, [0]), (1, [0, 1]), (2, [0, 2]), (3, [0, 2, 3]), (4, [0, 2, 4])]
)
def test_offsets_move_until_a_page_is_empty(shop: Source, count: int, offsets: list[int]) -> None:
    asked = walk(paginator(shop.paging["offset"], 2), numbered(count))
    assert asked == [{"status": "open", "size": 2, "offset": offset} for offset in offsets]


def test_a_result_size_keeps_a_server_with_small_pages_going(shop: Source) -> None:
    asked = walk(
        paginator(shop.paging["offset"], 100),
        lambda params: {"resultSize": 5, "results": orders(*range(5))[params["offset"] :][:2]},
    )
    assert [params["offset"] for params in asked] == [0, 2, 4]


def test_a_server_that_ignores_the_offset_is_noticed(shop: Source) -> None:
    with pytest.raises(PaginationError, match="page=2"):
        walk(paginator(shop.paging["offset"], 2), lambda _: orders(1, 2))


def test_a_whole_list_is_asked_for_once_without_paging(shop: Source) -> None:
    assert walk(paginator(shop.paging["whole"], 2), lambda _: orders(1, 2, 3)) == [
        {"status": "open"}
    ]


@pytest.mark.parametrize(
    ("total", "count", "offsets"), [(0, 4, []), (9, 4, [2, 4, 6, 8]), (9, 2, [2, 4]), (2, 4, [])]
)
def test_the_next_pages_are_foreseen_as_far_as_the_result_goes(
    shop: Source, total: int, count: int, offsets: list[int]
) -> None:
    paging = paginator(shop.paging["offset"], 2)
    assert isinstance(paging, OffsetPaginator)
    served: Serve = lambda _: {"results": orders(1, 2), "resultSize": total}  # noqa: E731
    walk(paging, served, at_most=1)
    assert paging.foreseen(count) == [{"offset": offset} for offset in offsets]


def test_a_list_can_be_begun_anew(shop: Source) -> None:
    paging = paginator(shop.paging["offset"], 2)
    assert isinstance(paging, OffsetPaginator)
    serve = numbered(5)
    walk(paging, serve, at_most=2)
    paging.restart(Request("GET", URL, params={}))
    assert [each["offset"] for each in walk(paging, serve)] == [0, 2, 4, 5]
