"""A load killed at any moment, and its restart too, ends as if nothing had happened."""

from __future__ import annotations

import duckdb
import pytest

from contracts.odcs import load_source
from scripts.mock_api.serve import SOURCES
from tests.crash.campaign import Campaign
from tests.crash.landed import assert_landing_verifies

_OF_THE_RUN = {"run_id", "load_id", "extracted_at"}


def test_silver_equals_that_of_an_undisturbed_run(campaign: Campaign) -> None:
    with duckdb.connect() as connection:
        for name in ("disturbed", "undisturbed"):
            file = campaign.folder / name / "warehouse.duckdb"
            connection.execute(f"attach '{file}' as {name} (read_only)")
        tables = _silver_columns(connection)
        entities = [each for source in SOURCES for each in load_source(source).entities]
        assert len(tables) == len(entities)
        for table, columns in tables.items():
            counts = connection.execute(_DIFFERENCE.format(table=table, columns=columns)).fetchone()
            assert counts is not None
            lost, added, rows = counts
            assert (table, lost, added) == (table, 0, 0)
            assert (table, rows > 0) == (table, True)


_DIFFERENCE = """
with
disturbed as (select {columns} from disturbed.silver.{table}),
undisturbed as (select {columns} from undisturbed.silver.{table})
select
    (select count(*) from (select * from undisturbed except all select * from disturbed)),
    (select count(*) from (select * from disturbed except all select * from undisturbed)),
    (select count(*) from undisturbed)
"""


def _silver_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The columns to compare of each table."""
    found = connection.execute(
        "select table_name, column_name from duckdb_columns()"
        " where database_name = 'undisturbed' and schema_name = 'silver'"
        " and starts_with(table_name, 'stg_') and table_name != 'stg_zephyr__loads'"
    ).fetchall()
    columns: dict[str, list[str]] = {}
    for table, column in found:
        if column not in _OF_THE_RUN:
            columns.setdefault(table, []).append(f'"{column}"')
    return {table: ", ".join(names) for table, names in columns.items()}


def test_every_row_of_the_ledger_balances(campaign: Campaign) -> None:
    accounts = campaign.disturbed.query(
        "select source, entity, run_id, received,"
        " deduplicated + unchanged + quarantined + loaded as accounted from control.ledger"
    )
    assert accounts
    assert [account for account in accounts if account[-2] != account[-1]] == []


def test_no_run_accounts_for_an_entity_twice(campaign: Campaign) -> None:
    twice = campaign.disturbed.query(
        "select source, entity, run_id from control.ledger group by all having count(*) > 1"
    )
    assert twice == []


@pytest.mark.parametrize("source", SOURCES)
def test_no_version_of_a_row_is_stored_twice(source: str, campaign: Campaign) -> None:
    for entity in load_source(source).entities.values():
        twice = campaign.disturbed.query(
            f"select {entity.key}, _payload_sha256, count(*) from raw_{source}.{entity.name}"
            " group by all having count(*) > 1"
        )
        assert (entity.name, twice) == (entity.name, [])


def test_every_finished_partition_of_the_landing_verifies(campaign: Campaign) -> None:
    assert_landing_verifies(campaign.disturbed.folder)


def test_no_run_is_running_for_ever(campaign: Campaign) -> None:
    assert campaign.disturbed.query("select * from control.runs where status = 'running'") == []


def test_kills_hit_every_phase_of_a_load(campaign: Campaign) -> None:
    assert len(campaign.phases) >= campaign.kills
    assert {"extract", "normalize", "load"} <= set(campaign.phases)


def test_a_kill_costs_at_most_the_pages_in_flight(campaign: Campaign) -> None:
    assert campaign.costs
    assert [cost for cost in campaign.costs if cost.asked_again > cost.allowed] == []
