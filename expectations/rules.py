"""The few shapes of rule the suites are made of.

Each asks the warehouse for one aggregate row: Great Expectations fetches every row a query returns,
and a broken table must not be read into memory to be told so.
"""

from __future__ import annotations

from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation

from expectations.results import Severity


def no_row_where(
    condition: str, *, name: str, expected: str, key: str, action: str, severity: Severity
) -> Expectation:
    """Fails with the number of rows that meet `condition`, and the `key` of one of them.

    `condition` is DuckDB SQL. It must not contain `:name` or braces: GX formats the query.
    """
    return UnexpectedRowsExpectation(
        unexpected_rows_query=(
            f"select count(*) as failing_rows, min({key}) as example "  # noqa: S608
            f"from {{batch}} where {condition} having count(*) > 0"
        ),
        description=expected,
        meta=_meta(name, severity, action),
    )


def share_at_most(
    condition: str, limit: float, *, name: str, expected: str, action: str, severity: Severity
) -> Expectation:
    """Fails when more than `limit` (0 to 1) of all rows meet `condition`; no rows, no failure."""
    matching = f"count(*) filter (where {condition})"
    return UnexpectedRowsExpectation(
        unexpected_rows_query=(
            f"select {matching} as matching_rows, count(*) as all_rows "  # noqa: S608
            f"from {{batch}} having {matching} > {limit} * count(*)"
        ),
        description=expected,
        meta=_meta(name, severity, action),
    )


def _meta(name: str, severity: Severity, action: str) -> dict[str, str]:
    return {"name": name, "severity": severity, "action": action}
