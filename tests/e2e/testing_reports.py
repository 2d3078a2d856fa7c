"""Testing's changes and reports as they must be, computed from what the API showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise

from tests.e2e.testing_gold import Gold, Row, counts, day, quotient, us_day
from tests.e2e.testing_history import History, Stretch, moment

RESULTS = ("passed", "failed")
PROGRESS = (
    *("planned", "executed", "completed", "passed", "failed", "blocked", "in_progress"),
    *("unknown", "not_executed"),
)


@dataclass(frozen=True)
class Reports:
    """Each public method is the table of its name; `today` is the day of the newest load."""

    gold: Gold
    thresholds: dict[str, int]
    today: date

    @property
    def history(self) -> History:
        return self.gold.history

    def fct_execution_status_changes(self) -> Iterator[Row]:
        """`seen_at` is the number of the load."""
        for execution in self.gold.executions:
            past = self._stretches(execution)
            changes = [(old, new) for old, new in pairwise(past) if old.code != new.code]
            for number, (old, new) in enumerate(changes, start=1):
                yield {
                    **{name: execution[name] for name in ("execution_id", "test_case_id")},
                    **{name: execution[name] for name in ("project_id", "release_id", "cycle_id")},
                    "test_case_version_id": new.version,
                    "from_status_code": old.code,
                    "from_status": old.word,
                    "to_status_code": new.code,
                    "to_status": new.word,
                    "change_number": number,
                    "executed_at": new.executed_at if new.is_executed else None,
                    "seen_at": new.load,
                }

    def rpt_flaky_tests(self) -> Iterator[Row]:
        results = defaultdict(list)
        flips = defaultdict(list)
        for execution in self.gold.executions:
            past = [each for each in self._stretches(execution) if each.word in RESULTS]
            for each in past:
                results[each.version].append(execution["execution_id"])
            for old, new in pairwise(past):
                if old.word != new.word and old.version == new.version:
                    flips[new.version].append(new.executed_at)
        for version, times in flips.items():
            test_case = self.history.seen["test_cases"][int(version)]
            yield {
                "test_case_version_id": version,
                "test_case_id": str(test_case["testcaseId"]),
                "test_case_name": test_case["name"],
                "execution_count": len(set(results[version])),
                "run_count": len(results[version]),
                "flip_count": len(times),
                "last_flip_at": max(times),
            }

    def rpt_requirement_coverage(self) -> Iterator[Row]:
        newest: dict[tuple[str, str], Row] = {}
        for row in sorted(self.gold.executions, key=_newness):
            newest[row["release_id"], row["test_case_id"]] = row
        covering = defaultdict(list)
        for row in newest.values():
            test_case = self.history.seen["test_cases"][int(row["test_case_version_id"])]
            for requirement in set(test_case["requirementIds"]):
                covering[row["release_id"], row["project_id"], str(requirement)].append(row)
        for (release, project, requirement), rows in covering.items():
            found = counts(rows, "executed", "passed", "failed")
            yield {
                "release_id": release,
                "project_id": project,
                "requirement_id": requirement,
                "test_case_count": len(rows),
                **found,
                "verdict": _verdict(rows),
            }

    def rpt_release_readiness(self) -> Iterator[Row]:
        requirements = defaultdict(list)
        for row in self.rpt_requirement_coverage():
            requirements[row["release_id"]].append(row["verdict"] == "passed")
        for key, release in self.history.live["releases"].items():
            rows = [each for each in self.gold.executions if each["release_id"] == str(key)]
            row = counts(rows, "planned", "executed", "passed", "failed", "blocked", "open")
            required, reached = len(requirements[str(key)]), sum(requirements[str(key)])
            end = day(moment(release.get("endDate")))
            left = (end - self.today).days if end else None
            planned, executed, passed = (
                row[f"{name}_count"] for name in ("planned", "executed", "passed")
            )
            shares = {
                "ready_executed_percent": (executed, planned),
                "ready_passed_percent": (passed, executed),
                "ready_requirement_percent": (reached, required),
            }
            yield {
                **row,
                "release_id": str(key),
                "project_id": str(release["projectId"]),
                "release_name": release["name"],
                "readiness": self._readiness(planned, shares, left),
                "requirement_count": required,
                "requirement_passed_count": reached,
                "executed_percent": quotient(100 * executed, planned),
                "passed_of_planned_percent": quotient(100 * passed, planned),
                "passed_of_executed_percent": quotient(100 * passed, executed),
                "requirement_percent": quotient(100 * reached, required),
                "days_left": left,
                "is_completed": None if "status" not in release else release["status"] == 1,
                "end_date": end,
            }

    def _readiness(self, planned: int, shares: dict[str, tuple[int, int]], left: int | None) -> str:
        if not planned:
            return "nothing_planned"
        if all(100 * part >= self.thresholds[name] * of for name, (part, of) in shares.items()):
            return "ready"
        if left is None or left > self.thresholds["at_risk_days"]:
            return "in_progress"
        return "at_risk" if left >= 0 else "overdue"

    def rpt_cycle_progress(self) -> Iterator[Row]:
        working = defaultdict(list)
        for execution in self.gold.executions:
            working[execution["cycle_id"]].append(self._dated(execution))
        for key, cycle in self.history.live["cycles"].items():
            release = self.history.live["releases"][cycle["releaseId"]]
            work = working[str(key)]
            start, end = us_day(cycle["cycleStartDate"]), us_day(cycle["cycleEndDate"])
            worked = [begun for steps in work for begun, _ in steps]
            first, last = min([start, *worked]), min(self.today, max([end, *worked]))
            for number in range((last - first).days + 1):
                at = first + timedelta(days=number)
                yield {
                    "cycle_id": str(key),
                    "release_id": str(release["id"]),
                    "project_id": str(release["projectId"]),
                    "cycle_name": cycle["name"],
                    **_progress(work, at, (end - start).days + 1, (end - at).days),
                    "is_latest": at == last,
                    "progress_date": at,
                }

    def _stretches(self, execution: Row) -> list[Stretch]:
        return self.history.stretches[int(execution["execution_id"])]

    def _dated(self, execution: Row) -> list[tuple[date, Row]]:
        """The statuses of an execution, planned first, with the days they began."""
        steps = [
            (execution["assigned_at"].date(), {"status": "not_executed", "is_executed": False})
        ]
        for number, each in enumerate(self._stretches(execution)):
            seen = self.history.loads[each.load][0].date()
            began = each.executed_at.date() if each.is_executed else seen
            if each.is_executed or number:
                steps.append((began, {"status": each.word, "is_executed": each.is_executed}))
        days = accumulate((begun for begun, _ in steps), max)
        return [(begun, status) for begun, (_, status) in zip(days, steps, strict=True)]


def _progress(work: list[list[tuple[date, Row]]], at: date, planned: int, left: int) -> Row:
    begun = [[status for began, status in steps if began <= at] for steps in work]
    row = counts([past[-1] for past in begun if past], *PROGRESS)
    shares = {
        "executed_percent": ("executed_count", "planned_count"),
        "passed_of_planned_percent": ("passed_count", "planned_count"),
        "passed_of_executed_percent": ("passed_count", "executed_count"),
        "passed_percent": ("passed_count", "completed_count"),
    }
    return {
        **row,
        "remaining_count": row["planned_count"] - row["completed_count"],
        "ideal_remaining_count": quotient(
            row["planned_count"] * min(max(left, 0), planned), planned
        ),
        **{name: quotient(100 * row[part], row[of]) for name, (part, of) in shares.items()},
    }


def _newness(execution: Row) -> tuple[bool, datetime, int]:
    at = execution["executed_at"] or datetime.min
    return execution["is_executed"], at, int(execution["execution_id"])


def _verdict(test_cases: list[Row]) -> str:
    statuses = {row["status"] for row in test_cases}
    if "failed" in statuses:
        return "failed"
    if statuses == {"passed"}:
        return "passed"
    return "incomplete" if any(row["is_executed"] for row in test_cases) else "not_executed"
