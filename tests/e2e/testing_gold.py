"""Testing's dimensions and executions as they must be, computed from what the API showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from tests.e2e.testing_history import ANYONE, History, moment, stretch_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Gold:
    """Each public method is the table of its name; `token` makes the token of a person's name."""

    history: History
    token: Callable[[str], str]

    def dim_projects(self) -> Iterator[Row]:
        for key, row in self.history.seen["projects"].items():
            yield {
                "project_id": str(key),
                "project_name": row["name"],
                "status_code": row["status"],
                "release_count": self._children("releases", "projectId", key),
                "is_active": row["active"],
                "is_deleted": self._gone("projects", key),
                "start_date": us_day(row["projectStartDate"]),
                "created_at": moment(row["createdOn"]),
            }

    def dim_releases(self) -> Iterator[Row]:
        for key, row in self.history.seen["releases"].items():
            status = row.get("status")
            yield {
                "release_id": str(key),
                "project_id": str(row["projectId"]),
                "release_name": row["name"],
                "project_name": self.history.seen["projects"][row["projectId"]]["name"],
                "cycle_count": self._children("cycles", "releaseId", key),
                "is_completed": None if status is None else status == 1,
                "is_deleted": self._gone("releases", key),
                "start_date": day(moment(row.get("startDate"))),
                "end_date": day(moment(row.get("endDate"))),
                "created_at": moment(row["createdDate"]),
            }

    def dim_cycles(self) -> Iterator[Row]:
        for key, row in self.history.seen["cycles"].items():
            release = self.history.seen["releases"][row["releaseId"]]
            yield {
                "cycle_id": str(key),
                "release_id": str(release["id"]),
                "project_id": str(release["projectId"]),
                "cycle_name": row["name"],
                "release_name": release["name"],
                "environment": row["environment"] or None,
                "build": row["build"] or None,
                "cycle_phase_count": self._children("cycle_phases", "cycleId", key),
                "is_closed": row["status"] == 1,
                "is_deleted": self._gone("cycles", key),
                "start_date": us_day(row["cycleStartDate"]),
                "end_date": us_day(row["cycleEndDate"]),
                "created_at": moment(row["createdOn"]),
            }

    def dim_test_cases(self) -> Iterator[Row]:
        versions = defaultdict(list)
        for row in self.history.seen["test_cases"].values():
            versions[row["testcaseId"]].append(row)
        for key, rows in versions.items():
            newest = max(rows, key=lambda row: row["id"])
            yield {
                "test_case_id": str(key),
                "newest_version_id": str(newest["id"]),
                "test_case_name": newest["name"],
                "priority": newest.get("priority"),
                "tags": newest.get("tag"),
                "requirement_ids": str(newest["requirementIds"]).replace(" ", ""),
                "version_count": len(rows),
                "estimated_time": newest["estimatedTime"],
                "is_automated": newest["automated"],
                "is_deleted": all(self._gone("test_cases", row["id"]) for row in rows),
                "modified_at": moment(newest["lastModifiedOn"]),
            }

    def dim_testers(self) -> Iterator[Row]:
        assigned = defaultdict(list)
        for row in self.history.seen["executions"].values():
            if row["testerId"] != ANYONE:
                assigned[row["testerId"]].append(row)
        for key, rows in assigned.items():
            there = [each for each in self.executions if each["tester_id"] == str(key)]
            times = [moment(row["assignmentDate"]) for row in rows]
            results = [at for row in rows if (at := stretch_of(row, 0).executed_at)]
            yield {
                "tester_id": str(key),
                "tester_name_token": self.token(rows[0]["testerIdName"]),
                **counts(there, "planned", "executed", "passed", "failed"),
                "first_seen_at": min(times),
                "last_seen_at": max(times + results),
            }

    def fct_test_executions(self) -> Iterator[Row]:
        for key, row in self.history.live["executions"].items():
            place, now = self._place(row), stretch_of(row, 0)
            test_case = row["tcrTreeTestcase"]["testcase"]
            yield {
                **place,
                "execution_id": str(key),
                "cycle_phase_id": str(row["cyclePhaseId"]),
                "test_case_id": str(test_case["testcaseId"]),
                "test_case_version_id": now.version,
                "tester_id": None if row["testerId"] == ANYONE else str(row["testerId"]),
                "status_code": now.code,
                "status": now.word,
                "priority": test_case.get("priority"),
                "test_case_version_number": row["tcrTreeTestcase"]["versionNumber"],
                "actual_time": row.get("actualTime"),
                "estimated_time": row.get("estimatedTime"),
                "is_executed": now.is_executed,
                "is_automated": test_case["automated"],
                "executed_date": day(now.executed_at),
                "assigned_at": moment(row["assignmentDate"]),
                "executed_at": now.executed_at,
                "modified_at": moment(row.get("lastModifiedOn")),
            }

    @cached_property
    def executions(self) -> list[Row]:
        return list(self.fct_test_executions())

    def _place(self, row: Row) -> Row:
        phase = self.history.live["cycle_phases"][row["cyclePhaseId"]]
        cycle = self.history.live["cycles"][phase["cycleId"]]
        release = self.history.live["releases"][cycle["releaseId"]]
        return {
            "cycle_id": str(cycle["id"]),
            "release_id": str(release["id"]),
            "project_id": str(release["projectId"]),
        }

    def _gone(self, entity: str, key: int) -> bool:
        return key not in self.history.live[entity]

    def _children(self, entity: str, field: str, key: int) -> int:
        return sum(row[field] == key for row in self.history.live[entity].values())


def counts(executions: list[Row], *names: str) -> Row:
    """`<name>_count` of executions, each with `status` and `is_executed`."""
    rules: dict[str, Callable[[Row], bool]] = {
        "planned": lambda row: True,
        "executed": lambda row: row["is_executed"],
        "not_executed": lambda row: not row["is_executed"],
        "completed": lambda row: row["status"] in ("passed", "failed"),
        "open": lambda row: row["status"] not in ("passed", "failed", "blocked"),
    }
    found = {name: rules.get(name, lambda row, name=name: row["status"] == name) for name in names}
    return {f"{name}_count": sum(map(rule, executions)) for name, rule in found.items()}


def quotient(part: int, whole: int | None) -> Decimal | None:
    """Rounded to two digits; None where there is no whole."""
    if not whole:
        return None
    return (Decimal(part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


def day(at: datetime | None) -> date | None:
    return at.date() if at else None


def us_day(text: str) -> date:
    month, monthday, year = map(int, text.split("/"))
    return date(year, month, monthday)
