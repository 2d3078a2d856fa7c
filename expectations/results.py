"""What a run did and what its checks found: values the gate judges and the report shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from dlt_pipelines.loading.ledger import LedgerRow

Kind = Literal["dbt_test", "expectation", "reconciliation", "completeness"]
Severity = Literal["critical", "warning"]
Outcome = Literal["passed", "failed", "not_checked"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One question asked of the data.

    `expected` and `observed` are sentences for people. `detail` says what to do about a failure, or
    why a check that is `not_checked` gave no answer.
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


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's answer: `outcome` follows from the critical checks alone."""

    outcome: Outcome
    checks: list[Check]

    @property
    def passed(self) -> int:
        return sum(1 for _ in self.having(outcome="passed"))

    @property
    def failed(self) -> int:
        return sum(1 for _ in self.having(outcome="failed", severity="critical"))

    @property
    def warnings(self) -> int:
        """Failed checks that never decide."""
        return sum(1 for _ in self.having(outcome="failed", severity="warning"))

    @property
    def not_checked(self) -> int:
        return sum(1 for _ in self.having(outcome="not_checked"))

    def having(self, *, outcome: Outcome, severity: Severity | None = None) -> Iterator[Check]:
        for check in self.checks:
            if check.outcome == outcome and severity in (None, check.severity):
                yield check


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
