"""What came otherwise than its contract says: recorded, and where it breaks, frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.errors import DriftError
from tests.e2e.conftest import Load, query
from tests.e2e.faulty import Faulty, assert_complete, load, snapshot

FOUND = "select field, kind, verdict, old, new, over_at is null from control.drift"
FROZEN = "select source, entity, lifted_by from control.freeze"


@pytest.mark.parametrize(
    ("scenario", "values", "kind", "field"),
    [
        ("drift_type_change", {"field": "amount", "value": "12,00"}, "type_change", "amount"),
        ("drift_null_required", {"field": "amount"}, "null_in_required", "amount"),
        ("drift_missing_required", {"field": "currency"}, "missing_field", "currency"),
    ],
)
def test_breaking_drift_of_most_rows_refuses_the_load_freezes_and_ends_with_rows_that_fit(
    scenario: str,
    values: dict[str, Any],
    kind: str,
    field: str,
    faulty: Faulty,
    data_dir: Path,
    load_source: Load,
) -> None:
    load(load_source, faulty, "payments")
    before = snapshot(data_dir, "payments")
    faulty.add("payments", scenario, times=0, **values)
    with pytest.raises(DriftError, match=r"\[DRIFT001\].*entity=refunds"):
        load_source("payments", faulty.connection("payments"), entities=["refunds"], days=10_000)

    assert snapshot(data_dir, "payments") == before
    assert [(name, what) for name, what, *_ in query(data_dir, FOUND)] == [(field, kind)]
    assert query(data_dir, FROZEN) == [("payments", "refunds", None)]
    assert list((data_dir / "bronze/source=payments/entity=refunds").glob("*/*/part-*"))

    faulty.clear()
    load_source("payments", faulty.connection("payments"), entities=["refunds"], days=10_000)
    assert query(data_dir, FROZEN) == [("payments", "refunds", "fit")]
    assert_complete(faulty, data_dir, "payments")


@pytest.mark.parametrize(
    ("scenario", "values", "expected"),
    [
        (
            "drift_new_field",
            {"field": "review_tier", "value": "kim@example.com"},
            ("review_tier", "new_field", "compatible", "not contracted", "string", True),
        ),
        (
            "drift_new_enum",
            {"field": "status", "value": "in_review"},
            ("status", "new_value", "compatible", "one of the listed values", "in_review", True),
        ),
        (
            "drift_missing_field",
            {"field": "reason"},
            ("reason", "missing_field", "compatible", "optional", "absent", True),
        ),
    ],
)
def test_compatible_drift_is_recorded_and_its_rows_are_kept(
    scenario: str,
    values: dict[str, Any],
    expected: tuple[Any, ...],
    faulty: Faulty,
    data_dir: Path,
    load_source: Load,
) -> None:
    load(load_source, faulty, "payments")
    faulty.add("payments", scenario, times=0, **values)
    ledger = load_source(
        "payments", faulty.connection("payments"), entities=["refunds"], days=10_000
    )

    assert ledger["refunds"].quarantined == 0
    assert query(data_dir, FOUND) == [expected]
    assert query(data_dir, FROZEN) == []
    everything = query(data_dir, "select * from control.drift")
    assert "kim@example.com" not in str(everything)


def test_loads_of_apis_that_keep_their_contracts_record_no_drift(
    faulty: Faulty, data_dir: Path, load_source: Load
) -> None:
    for source in ("payments", "zephyr"):
        load_source(source, faulty.connection(source))
    assert query(data_dir, FOUND) == []
