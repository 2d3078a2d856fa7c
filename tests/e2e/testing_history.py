"""What the bundled Zephyr API showed, load by load, noted beside the loads in plain Python."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from scripts.mock_api.zephyr import BASE_PATH
from tests.mock_api.zephyr_walk import Answer, Json, Walk, rows_of

WORDS = {"0": "not_executed", "1": "passed", "2": "failed", "3": "in_progress", "4": "blocked"}
ANYONE = -10


@dataclass(frozen=True)
class Remote:
    """The client that a walk needs, over HTTP."""

    url: str
    key: str

    def api(self, path: str, **params: Any) -> Answer:
        request = urllib.request.Request(
            f"{self.url}{BASE_PATH}{path}?{urlencode(params)}",
            headers={"Authorization": f"Bearer {self.key}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Answer(answer.status, content=answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, content=error.read())

    def rows(self, path: str, **params: Any) -> list[Json]:
        answer = self.api(path, **params)
        return rows_of(answer.json()) if answer.content else []


@dataclass(frozen=True)
class Stretch:
    """A status of one version of a test case, from the load that saw it first."""

    code: str
    version: str | None
    executed_at: datetime | None
    load: int

    @property
    def word(self) -> str:
        return WORDS.get(self.code, "unknown")

    @property
    def is_executed(self) -> bool:
        return self.code != "0"


@dataclass
class History:
    """All objects ever seen, as seen last; which are there; and each execution's stretches."""

    seen: dict[str, dict[int, Json]] = field(default_factory=lambda: defaultdict(dict))
    live: dict[str, dict[int, Json]] = field(default_factory=dict)
    stretches: dict[int, list[Stretch]] = field(default_factory=lambda: defaultdict(list))
    loads: list[tuple[datetime, datetime]] = field(default_factory=list)

    def note(self, client: Remote, began_at: datetime) -> None:
        """Walks the whole API, right after a load that began at `began_at`."""
        number = len(self.loads)
        self.loads.append((began_at, utc_now()))
        walk = Walk.of(client)  # type: ignore[arg-type]
        self.live = {entity: {row["id"]: row for row in rows} for entity, rows in walk.rows.items()}
        for entity, rows in self.live.items():
            self.seen[entity] |= rows
        for key, row in self.live["executions"].items():
            self._note_status(key, stretch_of(row, number))

    def _note_status(self, key: int, stretch: Stretch) -> None:
        past = self.stretches[key]
        if not past or (past[-1].code, past[-1].version) != (stretch.code, stretch.version):
            past.append(stretch)

    def load_of(self, at: datetime) -> int | None:
        """The load during which something was seen."""
        within = [number for number, (begin, end) in enumerate(self.loads) if begin <= at <= end]
        return within[0] if within else None


def stretch_of(row: Json, load: int) -> Stretch:
    version = row.get("tcrTreeTestcase", {}).get("testcase", {}).get("id")
    return Stretch(
        code=row.get("status") or "0",
        version=None if version is None else str(version),
        executed_at=moment(row.get("lastTestResult", {}).get("executionDate")),
        load=load,
    )


def moment(milliseconds: int | None) -> datetime | None:
    """The UTC instant, without a zone as the warehouse has it."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
