"""Compares what was built with what the bundled APIs say is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from dlt_pipelines.control.warehouse import connect
from expectations.results import Check

Truth = dict[str, dict[str, Any]]
"""{entity: {"count": rows, "sums": {amount: {currency: minor units}}, "statuses": {code: rows}}}"""

RELATIONS = {
    "payments": {
        "customers": "gold.dim_customers",
        "payment_intents": "silver.stg_payments__payment_intents",
        "charges": "gold.fct_payments",
        "invoices": "gold.fct_invoices",
        "invoice_payments": "silver.stg_payments__invoice_payments",
        "refunds": "gold.fct_refunds",
        "disputes": "gold.fct_disputes",
        "payouts": "gold.fct_payouts",
        "balance_transactions": "gold.fct_balance_transactions",
    },
    "zephyr": {
        "projects": "gold.dim_projects",
        "releases": "gold.dim_releases",
        "cycles": "gold.dim_cycles",
        "cycle_phases": "silver.stg_zephyr__cycle_phases",
        "executions": "gold.fct_test_executions",
        "test_cases": "silver.stg_zephyr__test_cases",
    },
}


def completeness_checks(warehouse: Path, truths: dict[str, Truth]) -> list[Check]:
    """One check per entity and measure; a relation that is missing or broken is not_checked."""
    with connect(warehouse, read_only=True) as connection:
        return [
            check
            for source, relations in RELATIONS.items()
            if source in truths
            for entity, relation in relations.items()
            for check in _entity(connection, source, entity, relation, truths[source][entity])
        ]


def _entity(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    entity: str,
    relation: str,
    truth: dict[str, Any],
) -> Iterator[Check]:
    # All but Gold's facts keep what the API no longer lists.
    only = "true" if relation.startswith("gold.fct_") else "not is_deleted"
    measures = [("rows", "count(*)::hugeint", "", truth["count"])]
    for amount, sums in truth["sums"].items():
        for currency, expected in sums.items():
            where = f" and currency = '{currency}'"
            sql = f"coalesce(sum({amount}), 0)"
            measures.append((f"sum of {amount}, {currency}", sql, where, expected))
    for status, expected in _statuses(truth).items():
        measures.append(
            (f"rows of status {status}", "count(*)", f" and status_code = '{status}'", expected)
        )
    for name, sql, where, expected in measures:
        observed = _ask(connection, f"select {sql} from {relation} where {only}{where}")  # noqa: S608
        yield _check(source, f"{entity}: {name}", relation, expected, observed)


def _statuses(truth: dict[str, Any]) -> Counter[str]:
    """Rows per status code; "" and "0" both mean not executed, which Silver writes as "0"."""
    statuses: Counter[str] = Counter()
    for code, rows in truth.get("statuses", {}).items():
        statuses[code or "0"] += rows
    return statuses


def _ask(connection: duckdb.DuckDBPyConnection, sql: str) -> int | str:
    """The number, or why there is none."""
    try:
        row = connection.execute(sql).fetchone()
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return int(row[0]) if row else "no row"


def _check(source: str, name: str, table: str, expected: int, observed: int | str) -> Check:
    same = observed == expected
    counted = isinstance(observed, int)
    return Check(
        check_id=f"completeness.{source}.{name}",
        kind="completeness",
        table=table,
        name=name,
        severity="critical",
        outcome="passed" if same else "failed" if counted else "not_checked",
        expected=f"{expected:,}",
        observed=f"{observed:,}" if isinstance(observed, int) else "",
        detail="" if same else "not what the API holds" if counted else str(observed),
    )
