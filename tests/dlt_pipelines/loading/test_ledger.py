from __future__ import annotations

import pytest

from dlt_pipelines.errors import QualityError
from dlt_pipelines.loading.ledger import LedgerRow


def ledger(**counts: int) -> LedgerRow:
    row = LedgerRow(source="shop", entity="orders", run_id="run_1")
    for name, count in counts.items():
        setattr(row, name, count)
    return row


def test_a_ledger_balances_when_every_row_is_accounted_for() -> None:
    ledger().check()
    ledger(received=10, deduplicated=1, unchanged=2, quarantined=3, loaded=4).check()


@pytest.mark.parametrize("name", ["deduplicated", "unchanged", "quarantined", "loaded"])
@pytest.mark.parametrize("off", [-1, 1])
def test_a_row_too_few_or_too_many_is_a_quality_error(name: str, off: int) -> None:
    counts = {"received": 4, "deduplicated": 1, "unchanged": 1, "quarantined": 1, "loaded": 1}
    with pytest.raises(QualityError, match=r"QUAL001.*entity=orders, received=4, accounted=[35]"):
        ledger(**counts | {name: 1 + off}).check()
