"""What is timed: Hallmark's loader, dlt's stock one, and what no loader can be faster than.

A subject takes the server's URL, its key and a folder of its own, and returns the rows it got.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from scripts.benchmarks.history import BEGIN, END
from scripts.benchmarks.pages import CHARGES

CONNECTIONS = 4
CEILING_PAGES = 2_000
_RECEIVED_BYTES = 1 << 20


def hallmark(url: str, key: str, folder: Path) -> int:
    """The loader as `hallmark load payments --entity charges` runs it."""
    from dlt_pipelines.control.runs import new_run_id
    from dlt_pipelines.loading.pipelines import load
    from scripts.sources import Connection, maker

    make = maker("payments", Connection(url, key), entities=["charges"])
    ledger = load("payments", make, run_id=new_run_id(), command="bench", watch=lambda row: None)
    return sum(row.loaded for row in ledger)


def stock(url: str, key: str, folder: Path) -> int:
    """dlt's own REST source, as its documentation shows it for this API."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/v1/",
                "auth": {"type": "bearer", "token": key},
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "data[-1].id",
                    "cursor_param": "starting_after",
                    "has_more_path": "has_more",
                },
            },
            "resources": [
                {
                    "name": "charges",
                    "max_table_nesting": 0,
                    "endpoint": {
                        "path": "charges",
                        "params": {"limit": 100},
                        "data_selector": "data",
                    },
                }
            ],
        },
        name="stock",
    )
    pipeline = dlt.pipeline(
        "stock",
        destination=dlt.destinations.duckdb(str(folder / "stock.duckdb")),
        dataset_name="raw",
        pipelines_dir=str(folder / "stock"),
    )
    pipeline.run(source)
    with pipeline.sql_client() as client:
        rows = client.execute_sql("select count(*) from charges")
    return int(rows[0][0]) if rows else 0


def fetch(url: str, key: str, folder: Path) -> int:
    """The pages, on several connections side by side, thrown away."""
    return _side_by_side(url, lambda name, body: None)


def fetch_requests(url: str, key: str, folder: Path) -> int:
    """The same with `requests`, the client under dlt's, and so under Hallmark's."""
    return _side_by_side(url, lambda name, body: None, get=_requests_get)


def read_json(url: str, key: str, folder: Path) -> int:
    """The same fetch, and DuckDB's `read_json` of the pages into a table."""
    import duckdb

    _side_by_side(url, lambda name, body: (folder / name).write_bytes(body))
    with duckdb.connect(str(folder / "pages.duckdb")) as connection:
        connection.execute(_READ_JSON.format(pages=folder / "*.json"))
        rows = connection.execute("select count(*) from charges").fetchone()
    return int(rows[0]) if rows else 0


_READ_JSON = """
create table charges as
select charge.* from (select unnest(data) as charge from read_json('{pages}'))
"""


def ceiling(url: str, key: str, folder: Path) -> int:
    """The newest page again and again, not looked at at all: what the server can send."""
    request = f"GET {CHARGES}?limit=100 HTTP/1.1\r\nhost: bench\r\n\r\n".encode()
    with socket.create_connection(_address(url)) as connection:
        for _ in range(CEILING_PAGES):
            connection.sendall(request)
            head = connection.recv(_RECEIVED_BYTES)
            begin = head.index(b"\r\n\r\n") + 4
            length = int(head[:begin].split(b"content-length: ")[1].split(b"\r\n")[0])
            left = length - (len(head) - begin)
            while left:
                left -= len(connection.recv(min(left, _RECEIVED_BYTES)))
    return CEILING_PAGES * 100


SUBJECTS: dict[str, Callable[[str, str, Path], int]] = {
    each.__name__: each for each in (hallmark, stock, fetch, fetch_requests, read_json, ceiling)
}


class _Row(msgspec.Struct):
    id: str


class _Page(msgspec.Struct):
    data: list[_Row]
    has_more: bool


Get = Callable[[str], Callable[[str], bytes]]
"""Connects to a server; what comes back takes a path and query and gives the body."""


def _plain_get(url: str) -> Callable[[str], bytes]:
    connection = HTTPConnection(*_address(url))

    def get(target: str) -> bytes:
        connection.request("GET", target)
        return connection.getresponse().read()

    return get


def _requests_get(url: str) -> Callable[[str], bytes]:
    import requests

    session = requests.Session()
    return lambda target: session.get(url + target, timeout=60).content


def _side_by_side(url: str, take: Callable[[str, bytes], object], get: Get = _plain_get) -> int:
    """Hands every page to `take` under a name of its own; returns the number of rows."""
    edges = [BEGIN + (END - BEGIN) * index // CONNECTIONS for index in range(CONNECTIONS + 1)]

    def window(index: int) -> int:
        rows = 0
        found = _pages(get(url), f"created[gte]={edges[index]}&created[lt]={edges[index + 1]}")
        for number, (body, page) in enumerate(found):
            take(f"{index}-{number}.json", body)
            rows += len(page.data)
        return rows

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(window, range(CONNECTIONS)))


def _pages(get: Callable[[str], bytes], window: str) -> Iterator[tuple[bytes, _Page]]:
    """Pages of a window, looked at only as far as the next needs."""
    decode = msgspec.json.Decoder(_Page).decode
    after, more = "", True
    while more:
        body = get(f"{CHARGES}?limit=100&{window}{after}")
        page = decode(body)
        yield body, page
        more = page.has_more
        after = f"&starting_after={page.data[-1].id}" if more else ""


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80
