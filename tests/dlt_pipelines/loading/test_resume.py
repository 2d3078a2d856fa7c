"""A run that was cut off takes up what has landed and asks the server only for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.odcs import Source
from dlt_pipelines.loading.answers import Answer, Answers
from dlt_pipelines.loading.client import NotFound
from dlt_pipelines.loading.decode import Decoder
from dlt_pipelines.loading.landing import Landing, Partition
from dlt_pipelines.loading.paginators import paginator
from dlt_pipelines.loading.pii import Tokenizer
from tests.fake_client import FakeClient


class Shop(FakeClient):
    """Orders by cursor (newest first) or by offset, four a page or as many as asked."""

    def __init__(self, source: Source, workers: int) -> None:
        super().__init__(source, self.answer, workers)
        self.ids = [str(number) for number in range(19)]
        self.knows_total = True

    def answer(self, path: str, query: dict[str, str]) -> Any:
        if path != "/orders":
            return {"id": path.rpartition("/")[2]}
        if "offset" in query:
            start, size = int(query["offset"]), int(query["size"])
            total = len(self.ids) if self.knows_total else 0
            return {"results": self._rows(start, size), "resultSize": total}
        start, size = int(query.get("after", -1)) + 1, int(query["limit"])
        return {"data": self._rows(start, size), "has_more": start + size < len(self.ids)}

    def _rows(self, start: int, size: int) -> list[dict[str, str]]:
        return [{"id": each} for each in self.ids[start : start + size]]

    @property
    def offsets(self) -> list[int]:
        return [int(query["offset"]) for _, query in self.asked]


class Attempt:
    """One attempt of a run over the shop's orders."""

    def __init__(self, source: Source, folder: Path, workers: int = 1) -> None:
        self.source = source
        self.client = Shop(source, workers)
        landing = Landing(str(folder))
        self.partition: Partition = landing.partition(
            source="shop", entity="orders", day=date(2026, 11, 20), run_id="run_1", resumed=True
        )
        client: Any = self.client
        decoder = Decoder(source.entities["orders"], Tokenizer(b"k" * 32))
        self.answers = Answers(client, decoder, self.partition)

    def pages(self, paging: str, limit: int = 4) -> Iterator[Answer]:
        return self.answers.list("/orders", {}, paginator(self.source.paging[paging], limit))

    def ids(self, paging: str) -> list[str]:
        return [row.id for page in self.pages(paging) for row in page.decoded.rows]

    def cut_off(self, paging: str, after: int) -> None:
        """Reads so many pages and no more."""
        pages = self.pages(paging)
        for _ in range(after):
            next(pages)
        pages.close()  # type: ignore[attr-defined]
        self.client.pool.shutdown()


PAGINGS = pytest.mark.parametrize("paging", ["cursor", "offset"])


@PAGINGS
@pytest.mark.parametrize("landed", [1, 3])
def test_only_the_rest_is_asked_for(shop: Source, tmp_path: Path, paging: str, landed: int) -> None:
    Attempt(shop, tmp_path).cut_off(paging, landed)
    again = Attempt(shop, tmp_path)
    assert again.ids(paging) == again.client.ids
    assert again.answers.reused == landed
    checks = paging == "offset"  # whether the list has moved
    assert len(again.client.asked) == 5 - landed + checks
    assert again.answers.tally.requests == len(again.client.asked)


@PAGINGS
def test_a_landed_page_says_so_and_names_its_part(
    shop: Source, tmp_path: Path, paging: str
) -> None:
    first = Attempt(shop, tmp_path)
    before = next(first.pages(paging))
    after = next(Attempt(shop, tmp_path).pages(paging))
    assert (before.landed, after.landed) == (False, True)
    assert (before.part, before.page) == (after.part, after.page)


@PAGINGS
@pytest.mark.parametrize("workers", [1, 4])
def test_what_was_finished_asks_nothing(
    shop: Source, tmp_path: Path, paging: str, workers: int
) -> None:
    first = Attempt(shop, tmp_path, workers)
    wanted = first.ids(paging)
    first.partition.finish({})
    again = Attempt(shop, tmp_path, workers)
    assert again.partition.finished
    assert again.ids(paging) == wanted
    assert again.client.asked == []


def test_an_object_is_taken_up_too(shop: Source, tmp_path: Path) -> None:
    Attempt(shop, tmp_path).answers.object("/orders/7")
    again = Attempt(shop, tmp_path)
    assert [row.id for row in again.answers.object("/orders/7").decoded.rows] == ["7"]
    again.answers.object("/orders/8")
    assert [path for path, _ in again.client.asked] == ["/orders/8"]


def test_an_object_that_was_gone_is_asked_for_again(shop: Source, tmp_path: Path) -> None:
    first = Attempt(shop, tmp_path)

    def gone(path: str, query: dict[str, str]) -> Any:
        raise NotFound("the server refused")

    first.client.serve = gone
    with pytest.raises(NotFound):
        first.answers.object("/orders/7")
    assert not Attempt(shop, tmp_path).answers.object("/orders/7").landed


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize(
    "moved",
    [
        lambda ids: ["new", *ids],
        lambda ids: ids[1:],
        lambda ids: [*ids[:5], *ids[6:]],
    ],
    ids=["added", "deleted", "deleted in the middle"],
)
def test_an_offset_list_that_moved_meanwhile_is_read_again_from_the_start(
    shop: Source, tmp_path: Path, moved: Any, workers: int
) -> None:
    Attempt(shop, tmp_path).cut_off("offset", 3)
    again = Attempt(shop, tmp_path, workers)
    again.client.ids = moved(again.client.ids)
    assert set(again.ids("offset")) >= set(again.client.ids)
    assert {0, 4, 8, 12, 16} <= set(again.client.offsets)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("last", [False, True], ids=["on the way", "before the last page"])
def test_a_list_that_gets_shorter_while_it_is_read_is_read_again(
    shop: Source, tmp_path: Path, workers: int, last: bool
) -> None:
    attempt = Attempt(shop, tmp_path, workers)
    pages = attempt.pages("offset")
    got = [row.id for _ in range(4 if last else 2) for row in next(pages).decoded.rows]
    del attempt.client.ids[:2]
    got += [row.id for page in pages for row in page.decoded.rows]
    assert set(got) >= set(attempt.client.ids)


def test_a_list_that_never_stops_getting_shorter_is_told(shop: Source, tmp_path: Path) -> None:
    attempt = Attempt(shop, tmp_path)
    notes: list[str] = []
    paging = paginator(shop.paging["offset"], 4, notes.append)
    for _ in attempt.answers.list("/orders", {}, paging):
        del attempt.client.ids[:1]
    assert len(notes) == 1
    assert attempt.client.offsets.count(0) == 3


@pytest.mark.parametrize("workers", [1, 4])
def test_of_a_list_that_moved_nothing_landed_is_used_any_more(
    shop: Source, tmp_path: Path, workers: int
) -> None:
    """Though some of it is behind the page that was missing, and foreseen already."""
    first = Attempt(shop, tmp_path)
    parts = [Path(page.part) for page in first.pages("offset")]
    parts[2].unlink()
    again = Attempt(shop, tmp_path, workers)
    again.client.ids = ["new", *again.client.ids[:-1]]
    pages = list(again.pages("offset"))
    assert [page.landed for page in pages] == [True] * 2 + [False] * 5
    got = [row.id for page in pages[2:] for row in page.decoded.rows]
    assert got == again.client.ids


@PAGINGS
def test_a_damaged_part_is_asked_for_again(shop: Source, tmp_path: Path, paging: str) -> None:
    first = Attempt(shop, tmp_path)
    parts = [Path(page.part) for page in first.pages(paging)]
    parts[2].write_bytes(parts[2].read_bytes()[:-7])
    again = Attempt(shop, tmp_path)
    assert again.ids(paging) == again.client.ids
    assert again.answers.reused == 4
    assert len(again.client.asked) == (2 if paging == "offset" else 1)


@PAGINGS
@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("knows_total", [True, False])
def test_a_page_size_that_had_shrunk_goes_on(
    shop: Source, tmp_path: Path, paging: str, workers: int, knows_total: bool
) -> None:
    first = Attempt(shop, tmp_path)
    first.client.knows_total = knows_total
    pages = first.pages(paging, limit=2)
    for _ in range(3):
        next(pages)
    again = Attempt(shop, tmp_path, workers)
    again.client.knows_total = knows_total
    assert again.ids(paging) == again.client.ids
    sizes = {query.get("limit", query.get("size")) for _, query in again.client.asked}
    assert sizes == {"2"}
    assert again.answers.reused == 3
