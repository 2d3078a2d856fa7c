from __future__ import annotations

from dlt_pipelines.loading.ledger import LedgerRow
from scripts.ledger import summed


def row(entity: str, run_id: str, **values: object) -> LedgerRow:
    return LedgerRow(source="payments", entity=entity, run_id=run_id, **values)  # type: ignore[arg-type]


def test_the_rows_of_an_entity_are_added_up_and_still_balance() -> None:
    ledger = [
        row("charges", "run_1", received=3, loaded=2, unchanged=1, requests=1, note="slow"),
        row("refunds", "run_1", received=1, loaded=1, requests=1),
        row("charges", "run_2", received=2, quarantined=2, requests=4, note="slow"),
    ]
    charges, refunds = summed(ledger)
    charges.check()
    assert (charges.received, charges.loaded, charges.requests) == (5, 2, 5)
    assert (charges.run_id, charges.note) == ("run_2", "slow")
    assert refunds == ledger[1]


def test_an_entity_that_lacked_in_one_run_lacks_in_the_sum() -> None:
    ledger = [row("payouts", "run_1", outcome="absent"), row("payouts", "run_2")]
    assert [each.outcome for each in summed(ledger)] == ["absent"]
