"""Stands in for the API client: a function answers, and what was asked is kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from requests import Request

from contracts.odcs import Source
from dlt_pipelines.loading.page_size import PageSize
from dlt_pipelines.loading.parts import Page
from dlt_pipelines.loading.retries import Tally

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Serve = Callable[[str, dict[str, str]], Any]
"""The answer to a path with its query, as a value or as bytes; it may raise."""


class FakeClient:
    def __init__(self, source: Source, serve: Serve, workers: int = 1) -> None:
        self.source = source
        self.workers = workers
        self.pool = ThreadPoolExecutor(workers)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.serve = serve

    def new_request(self, path: str, params: dict[str, Any]) -> Request:
        url = path if "://" in path else f"https://api.example{path}"
        return Request("GET", url, params=dict(params))

    def path_of(self, request: Request) -> str:
        return str(request.prepare().path_url)

    def url_of(self, page: Page) -> str:
        return page.request

    def fetch(self, request: Request, tally: Tally, size: PageSize | None = None) -> Page:
        tally.add()
        asked = self.path_of(request)
        parts = urlsplit(asked)
        query = dict(parse_qsl(parts.query))
        self.asked.append((parts.path, query))
        answer = self.serve(parts.path, query)
        body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        return Page(request=asked, received_at=NOW, body=msgspec.Raw(body))
