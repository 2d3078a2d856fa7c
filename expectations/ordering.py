"""The order in which a report tells checks and models: one that no run's timing decides."""

from __future__ import annotations

import msgspec

from expectations.results import Check, ModelResult, RunReport, Verdict

LAYERS = ("seed", "silver", "gold", "activation")


def in_order(report: RunReport) -> RunReport:
    """dbt ends its models and tests in another order each time."""
    checks = sorted(report.verdict.checks, key=check_order)
    return msgspec.structs.replace(
        report,
        verdict=Verdict(outcome=report.verdict.outcome, checks=checks),
        models=sorted(report.models, key=_way),
    )


def check_order(check: Check) -> tuple[str, str, str, str]:
    return check.kind, check.table, check.name, check.check_id


def _way(model: ModelResult) -> tuple[int, str, str]:
    """The way of the data, then names."""
    known = LAYERS.index(model.layer) if model.layer in LAYERS else len(LAYERS)
    return known, model.layer, model.name
