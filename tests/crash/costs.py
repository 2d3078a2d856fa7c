"""What restarts cost at the API: pages that were answered more than once in one load."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from contracts.odcs import load_source
from dlt_pipelines import config
from scripts.mock_api.faults.dialects import PAYMENTS, ZEPHYR
from tests.crash.kills import files
from tests.e2e.conftest import Apis

_IN_FLIGHT = config.whole_number("BRONZE_API_WORKERS")
_PAGES = {"payments": 1, "zephyr": 2}
_DIALECTS = {"payments": PAYMENTS, "zephyr": ZEPHYR}


@dataclass(frozen=True)
class Cost:
    """What one load of a source asked again, and what its kills allow: a page for each request
    that was in flight at each, and of offset lists also the last page that had landed, which is
    read again to see whether the list has moved."""

    source: str
    asked_again: int
    allowed: int


class Meter:
    """Follows the loads of one source from their first attempt to the one that succeeds."""

    def __init__(self, source: str, folder: Path, apis: Apis) -> None:
        self._source = source
        self._folder = folder
        self._apis = apis
        self._allowed = 0
        self._before: Counter[str] = Counter()
        self._finished: set[str] = set()

    def begin_load(self) -> None:
        self._apis.forget(self._source)
        self._allowed = 0

    def begin_attempt(self) -> None:
        self._before = self._apis.answered(self._source)
        self._finished = self._partitions()

    def killed(self) -> None:
        """Allows what can have been in flight, if entities were asked for and not finished."""
        answered = self._apis.answered(self._source) - self._before
        asked = {_word(self._source, path) for path in answered}
        finished = {_asked_as(self._source, path) for path in self._partitions() - self._finished}
        if asked - finished:
            self._allowed += _IN_FLIGHT * _PAGES[self._source]

    def succeeded(self) -> Cost:
        again = sum(count - 1 for count in self._apis.answered(self._source).values())
        cost = Cost(self._source, again, self._allowed)
        self.begin_load()
        return cost

    def _partitions(self) -> set[str]:
        """The finished ones, of all runs."""
        pattern = f"bronze/source={self._source}/entity=*/dt=*/run_id=*/_checksums.json"
        return files(self._folder, pattern)


def _asked_as(source: str, partition: str) -> str | None:
    """The word that stands for a partition's entity in the API's paths."""
    contract = load_source(source)
    endpoint = contract.entities[partition.split("entity=")[1].partition("/")[0]].endpoint
    assert endpoint is not None
    return _word(source, contract.base_path + endpoint.list)


def _word(source: str, path: str) -> str | None:
    return _DIALECTS[source].entity(path.partition("?")[0])
