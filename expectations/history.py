"""How checks and runs fared before, from what the gate recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import duckdb
import msgspec

from dlt_pipelines.control.rows import rows_of
from expectations.results import CheckHistory, Outcome, PreviousRun, TrendPoint

KEPT_RUNS = 50
"""So many runs back are looked at, so that the cost does not grow with the history."""
_POINTS = """
select * from control.gate_runs
where finished_at <= (select max(finished_at) from control.gate_runs where run_id = $run_id)
order by finished_at desc
limit $limit
"""
_OUTCOMES = """
select
    check_id,
    list(outcome order by recorded_at desc) as outcomes,
    list(recorded_at order by recorded_at desc) as moments
from control.gate_results
where recorded_at between $since and $until
group by check_id
having bool_or(run_id = $run_id)
order by check_id
"""
_GONE = """
select check_id from control.gate_results
where run_id = $previous
    and kind in (select kind from control.gate_results where run_id = $run_id)
    and check_id not in (select check_id from control.gate_results where run_id = $run_id)
order by check_id
"""


def trends(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[TrendPoint]:
    """The runs up to this one, oldest first."""
    points = [msgspec.convert(_utc(row), TrendPoint) for row in _points(connection, run_id)]
    return points[::-1]


def previous_run(connection: duckdb.DuckDBPyConnection, run_id: str) -> PreviousRun | None:
    """The run before this one that came as far as its gate."""
    before = _points(connection, run_id)[1:2]
    return msgspec.convert(_utc(before[0]), PreviousRun) if before else None


def check_histories(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[CheckHistory]:
    """How each check of this run fared in the last runs, by check id."""
    points = trends(connection, run_id)
    if not points:
        return []
    values = {"run_id": run_id, "since": points[0].finished_at, "until": points[-1].finished_at}
    return [
        check_history(str(row["check_id"]), row["outcomes"], row["moments"])
        for row in rows_of(connection, _OUTCOMES, values)
    ]


def gone_checks(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[str]:
    """Ids of what the run before was asked and this one was not.

    Only of kinds that this one was asked: a gate without a load before it does not reconcile.
    """
    previous = previous_run(connection, run_id)
    if previous is None:
        return []
    values: dict[str, object] = {"run_id": run_id, "previous": previous.run_id}
    return [str(row["check_id"]) for row in rows_of(connection, _GONE, values)]


def check_history(
    check_id: str, outcomes: Sequence[Outcome], moments: Sequence[datetime]
) -> CheckHistory:
    """What outcomes, newest first, come to."""
    streak = next((at for at, found in enumerate(outcomes) if found == "passed"), len(outcomes))
    return CheckHistory(
        check_id=check_id,
        outcome_before=outcomes[1] if len(outcomes) > 1 else None,
        first_failed_at=moments[streak - 1].astimezone(UTC) if streak else None,
        failing_runs=streak,
        flips=sum(newer != older for newer, older in pairwise(outcomes)),
        runs=len(outcomes),
    )


def _points(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[dict[str, object]]:
    return rows_of(connection, _POINTS, {"run_id": run_id, "limit": KEPT_RUNS})


def _utc(row: dict[str, object]) -> dict[str, object]:
    moment = row["finished_at"]
    assert isinstance(moment, datetime)
    return row | {"finished_at": moment.astimezone(UTC)}
