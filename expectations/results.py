"""What a run did and what its checks found: values the gate judges and the report shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from dlt_pipelines.control.drift import Recorded
from dlt_pipelines.loading.ledger import LedgerRow

Kind = Literal[
    "dbt_test",
    "expectation",
    "reconciliation",
    "completeness",
    "schema",
    "freshness",
    "volume",
    "watermark",
    "pii",
    "policy",
]
Severity = Literal["critical", "warning"]
Outcome = Literal["passed", "failed", "not_checked"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One question asked of the data.

    `expected` and `observed` are sentences for people. `detail` says what to do about a failure, or
    why a check that is `not_checked` gave no answer. Of a check that did not pass, `sql` repeats it
    on the warehouse as it stands and `sample` holds at most five of its rows, PII masked.
    `location` is the "path:line" in the project that declares it. `waived` is the reason of the
    waiver that keeps it from deciding.
    """

    check_id: str
    kind: Kind
    table: str
    name: str
    severity: Severity
    outcome: Outcome
    expected: str
    observed: str = ""
    detail: str = ""
    seconds: float = 0.0
    sql: str = ""
    sample: list[dict[str, str]] = []
    location: str = ""
    waived: str = ""

    @property
    def decides(self) -> bool:
        """Whether it alone keeps the gate from passing."""
        return self.severity == "critical" and self.outcome != "passed" and not self.waived


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's answer: `outcome` follows from the critical checks that are not waived."""

    outcome: Outcome
    checks: list[Check]

    @property
    def passed(self) -> int:
        return sum(1 for _ in self.having(outcome="passed"))

    @property
    def failed(self) -> int:
        """Failed checks that decide."""
        return sum(1 for check in self.having(outcome="failed") if check.decides)

    @property
    def warnings(self) -> int:
        """Failed checks that do not decide: warnings, and what is waived."""
        return sum(1 for check in self.having(outcome="failed") if not check.decides)

    @property
    def not_checked(self) -> int:
        return sum(1 for _ in self.having(outcome="not_checked"))

    def having(self, *, outcome: Outcome) -> Iterator[Check]:
        return (check for check in self.checks if check.outcome == outcome)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of a run, such as load or build."""

    name: str
    status: Literal["done", "failed", "skipped"]
    seconds: float = 0.0
    detail: str = ""


class ModelResult(msgspec.Struct, frozen=True, kw_only=True):
    """What dbt made of one model; `rows` is None where the adapter does not say."""

    name: str
    layer: str
    status: Literal["success", "error", "skipped"]
    rows: int | None = None
    seconds: float = 0.0
    message: str = ""


class CheckHistory(msgspec.Struct, frozen=True, kw_only=True):
    """How a check fared in the last runs, the present one included.

    `failing_runs` is the streak of runs up to this one in which it did not pass (0: it passes),
    `first_failed_at` when that streak began. `flips` counts changes of its outcome among the `runs`
    that asked it; `outcome_before` is None for a check that is new.
    """

    check_id: str
    outcome_before: Outcome | None
    first_failed_at: datetime | None
    failing_runs: int
    flips: int
    runs: int


class PreviousRun(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate said at the end of the run before this one."""

    run_id: str
    finished_at: datetime
    outcome: Outcome
    passed: int
    failed: int
    warnings: int
    not_checked: int


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A run in numbers; rows are those its loads received and stored, 0 where it did not load."""

    run_id: str
    finished_at: datetime
    outcome: Outcome
    failed: int
    warnings: int
    not_checked: int
    rows_received: int
    rows_loaded: int
    seconds: float


class SourceFreshness(msgspec.Struct, frozen=True, kw_only=True):
    """When a source was last loaded as a whole, against its limits; None: never."""

    source: str
    loaded_at: datetime | None
    age_hours: float | None
    warn_after_hours: float
    error_after_hours: float


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """Who outside the warehouse reads it, as declared to dbt; an owner's address stays there."""

    name: str
    owner: str
    url: str


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What is built from a table and who reads that, nearest first."""

    table: str
    models: list[str]
    exposures: list[Exposure]


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run leaves for people, whether it finished or broke half-way."""

    run_id: str
    command: str
    version: str
    started_at: datetime
    finished_at: datetime
    status: Literal["succeeded", "failed"]
    verdict: Verdict
    error: str = ""
    steps: list[Step] = []
    ledger: list[LedgerRow] = []
    models: list[ModelResult] = []
    history: list[CheckHistory] = []
    gone: list[str] = []
    previous: PreviousRun | None = None
    trends: list[TrendPoint] = []
    drift: list[Recorded] = []
    freshness: list[SourceFreshness] = []
    impacts: list[Impact] = []
