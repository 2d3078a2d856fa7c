"""A plan as a person reads it."""

from __future__ import annotations

import pytest

from dlt_pipelines.loading.estimates import Estimate
from scripts.console import Output
from scripts.models.lineage import Downstream
from scripts.plan import EntityPlan, Finding, show_plans


def planned(entity: str, *models: str, drift: tuple[Finding, ...] = ()) -> EntityPlan:
    return EntityPlan(
        source="payments",
        entity=entity,
        since=None,
        until=None,
        expected=Estimate(requests=1, rows=3, certainty="exactly"),
        sampled=3,
        quarantined=0,
        verdict="compatible" if drift else "none",
        drift=drift,
        downstream=Downstream(models=models, exposures=("board",)),
        note="",
    )


def test_a_plan_names_each_model_once_and_below_the_drift_that_reaches_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = Finding(field="fee", kind="field_added", verdict="compatible", message="fee is new")
    plans = [planned("charges", "fct_payments", "dim_customers"), planned("payouts", "fct_payouts")]

    show_plans(Output(as_json=False), plans)
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "Built on payments",
        "  models: fct_payments, dim_customers, fct_payouts",
        "  exposures: board",
        "Nothing was written.",
    ]

    show_plans(Output(as_json=False), [*plans, planned("refunds", "fct_refunds", drift=(new,))])
    told = capsys.readouterr().out
    assert "payments refunds\n  compatible: fee is new\n  models: fct_refunds\n" in told
