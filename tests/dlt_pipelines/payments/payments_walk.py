"""A payments server without HTTP, and one run over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlt_pipelines.loading.client import NotFound
from dlt_pipelines.loading.ledger import LedgerRow
from dlt_pipelines.loading.windows import NEW, Extent
from dlt_pipelines.payments.helpers import PaymentsWalk
from dlt_pipelines.payments.settings import CONTRACT
from tests.fake_client import FakeClient
from tests.walking import walking

Row = dict[str, Any]


class Server(FakeClient):
    """Lists newest first, two rows a page, filtered by time and by what else is asked."""

    def __init__(self, workers: int = 1, **rows: list[Row]) -> None:
        super().__init__(CONTRACT, self.answer, workers)
        self.rows = rows
        self.refuses_created: Exception | None = None
        self.loses_the_page_after_the_first = False

    @property
    def lists(self) -> list[tuple[str, Row]]:
        """What was asked for, but for further pages."""
        return [
            (path, {name: int(value) for name, value in query.items() if name != "limit"})
            for path, query in self.asked
            if "starting_after" not in query
        ]

    def answer(self, path: str, query: dict[str, str]) -> Row:
        _, _, name, *object_id = path.split("/")
        if name not in self.rows:
            raise NotFound("the server refused")
        if object_id:
            return self._object(name, object_id[0])
        found = self._found(name, query)
        after = query.get("starting_after")
        start = 1 + [row["id"] for row in found].index(after) if after else 0
        if start and self.loses_the_page_after_the_first:
            raise NotFound("the server refused")
        size = min(2, int(query["limit"]))
        return {"data": found[start : start + size], "has_more": start + size < len(found)}

    def _object(self, name: str, object_id: str) -> Row:
        for row in self.rows[name]:
            if row["id"] == object_id:
                return row
        raise NotFound("the server refused")

    def _found(self, name: str, query: dict[str, str]) -> list[Row]:
        since, until = query.get("created[gte]"), query.get("created[lt]")
        if self.refuses_created and (since or until):
            raise self.refuses_created
        return [
            row
            for row in self.rows[name]
            if int(since or 0) <= row.get("created", 0) < int(until or 10**12)
        ]


def charge(number: int) -> Row:
    money = {"amount": 100, "amount_refunded": 0, "currency": "eur"}
    return {"id": f"ch_{number}", "created": number, **money}


def told(number: int, charge_id: str) -> Row:
    about = {"object": "charge", "id": charge_id}
    return {"id": f"evt_{number}", "created": number, "data": {"object": about}}


def load(
    server: Any,
    tmp_path: Path,
    names: tuple[str, ...] = ("charges",),
    extent: Extent = NEW,
    *,
    resumed: bool = False,
) -> tuple[list[str], dict[str, LedgerRow]]:
    """The ids of the charges of one run, and the run's ledger."""
    with walking(CONTRACT, tmp_path, resumed=resumed) as run:
        entities = CONTRACT.closure(names)
        walk = PaymentsWalk(server, run, entities, extent)
        tables = [table for entity in entities for table in walk.rows(entity)]
    ids = [
        row["id"]
        for table in tables
        if table.entity.name in names
        for row in table.rows.to_pylist()
    ]
    return ids, {name: each.ledger for name, each in run.loads.items()}
