"""Whether a layer is asked for personal data, and what is told of it."""

from __future__ import annotations

import duckdb
import pytest

from expectations.asking import ask
from expectations.personal import pii_questions


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("create schema silver; create schema gold")
    for schema in ("silver", "gold"):
        made.execute(f"create table {schema}.payers as select 1 as id, 'tok_1' as email")
    return made


def test_layers_without_personal_data_pass(connection: duckdb.DuckDBPyConnection) -> None:
    checks = list(ask(connection, pii_questions(["silver", "gold"])))
    assert [(each.table, each.outcome, each.observed) for each in checks] == [
        ("silver", "passed", "none"),
        ("gold", "passed", "none"),
    ]


def test_an_address_fails_its_layer_and_is_told_where_not_what(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("insert into gold.payers values (2, 'ada@example.com')")
    silver, gold = ask(connection, pii_questions(["silver", "gold"]))
    assert (silver.outcome, gold.outcome, gold.severity) == ("passed", "failed", "critical")
    assert gold.observed == "gold.payers.email: 1 like e-mail address"
    assert "ada" not in gold.observed + gold.detail + gold.sql
    assert connection.execute(gold.sql).fetchall() == [(2, "ada@example.com")]
