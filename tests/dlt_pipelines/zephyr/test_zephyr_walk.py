"""Parents that are listed and then answer 404: gone, if lists of the kind are there at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.errors import ExtractionError
from dlt_pipelines.loading.client import Forbidden, NotFound
from dlt_pipelines.loading.extract import LoadRun
from dlt_pipelines.loading.windows import NEW
from dlt_pipelines.zephyr.helpers import ZephyrWalk
from dlt_pipelines.zephyr.settings import CONTRACT
from tests.fake_client import FakeClient
from tests.walking import walking

Fault = Callable[[str, dict[str, str]], Exception | None]
Ids = dict[str, list[int]]


class Server(FakeClient):
    """Three projects with a release each, whose cycle has one phase with three executions."""

    def __init__(self, fault: Fault, workers: int = 1) -> None:
        super().__init__(CONTRACT, self.answer, workers)
        self.fault = fault

    def answer(self, path: str, query: dict[str, str]) -> Any:
        error = self.fault(path, query)
        if error is not None:
            raise error
        if path == "/project/details":
            return [{"id": number} for number in (1, 2, 3)]
        if path == "/execution":
            return self._executions(int(query["cyclephaseid"]), int(query["offset"]))
        parent = int(path.rpartition("/")[2])
        if "/release/project/" in path:
            return [{"id": 10 * parent, "projectId": parent}]
        phase = {"id": 10 * parent, "cycleId": parent}
        return [{"id": parent, "releaseId": parent, "cyclePhases": [phase]}]

    def _executions(self, phase: int, offset: int) -> Any:
        ids = [10 * phase, 10 * phase + 1, 10 * phase + 2][offset : offset + 2]
        rows = [{"id": each, "cyclePhaseId": phase} for each in ids]
        return {"results": rows, "resultSize": 3}


def load(server: Any, tmp_path: Path) -> tuple[Ids, LoadRun]:
    """The ids of what one run stores, by entity."""
    ids: Ids = {name: [] for name in CONTRACT.entities}
    with walking(CONTRACT, tmp_path) as run:
        walk = ZephyrWalk(server, run, NEW)
        for entity in CONTRACT.entities.values():
            for table in walk.rows(entity) if entity.embedded is None else ():
                ids[table.entity.name] += table.rows["id"].to_pylist()
    return ids, run


def not_found() -> NotFound:
    return NotFound("the server refused", status=404)


def at(*paths: str, error: Callable[[], Exception] = not_found) -> Fault:
    return lambda path, query: error() if path in paths else None


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("release", [10, 20, 30], ids=["first", "in the middle", "last"])
def test_a_parent_that_went_after_it_was_listed_costs_the_others_nothing(
    release: int, workers: int, tmp_path: Path
) -> None:
    ids, run = load(Server(at(f"/cycle/release/{release}"), workers), tmp_path)
    others = [each for each in (10, 20, 30) if each != release]
    assert sorted(ids["cycles"]) == others
    assert sorted(ids["executions"]) == [
        100 * each + extra for each in others for extra in (0, 1, 2)
    ]
    ledger = run.loads["cycles"].ledger
    assert (ledger.outcome, ledger.note) == ("partial", f"gone of releases (404): {release}")
    assert {run.loads[name].ledger.outcome for name in ("releases", "executions")} == {"loaded"}


def test_a_parent_that_went_while_its_list_was_read_keeps_the_rows_that_came(
    tmp_path: Path,
) -> None:
    def fault(path: str, query: dict[str, str]) -> Exception | None:
        gone = query.get("cyclephaseid") == "200" and query["offset"] != "0"
        return not_found() if gone else None

    ids, run = load(Server(fault), tmp_path)
    assert len(ids["executions"]) == 8
    assert run.loads["executions"].ledger.note == "gone of cycle_phases (404): 200"


@pytest.mark.parametrize(
    ("fault", "entity"),
    [
        (at("/project/details"), "projects"),
        (lambda path, _: not_found() if "/cycle/" in path else None, "cycles"),
    ],
    ids=["the list of the roots", "all lists of a kind"],
)
def test_a_path_that_is_not_there_is_an_error(fault: Fault, entity: str, tmp_path: Path) -> None:
    with pytest.raises(ExtractionError, match="EXT001"):
        load(Server(fault), tmp_path)


def test_a_parent_that_may_not_be_seen_does_not_prove_that_the_path_is_there(
    tmp_path: Path,
) -> None:
    def fault(path: str, _: dict[str, str]) -> Exception | None:
        if path == "/release/project/1":
            return Forbidden("the credentials do not reach this", status=403)
        return not_found() if "/release/" in path else None

    with pytest.raises(ExtractionError, match="EXT001"):
        load(Server(fault), tmp_path)


def test_what_may_not_be_seen_and_what_went_stand_side_by_side_in_the_note(tmp_path: Path) -> None:
    def fault(path: str, _: dict[str, str]) -> Exception | None:
        if path == "/release/project/1":
            return Forbidden("the credentials do not reach this", status=403)
        return not_found() if path == "/release/project/2" else None

    ids, run = load(Server(fault), tmp_path)
    assert ids["releases"] == [30]
    note = run.loads["releases"].ledger.note
    assert note == "skipped of projects (403): 1; gone of projects (404): 2"
