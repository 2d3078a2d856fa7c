"""Rules that many suites share, each named after its function."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations import rules


def created_before_read(key: str) -> Expectation:
    return rules.no_row_where(
        "created_at > extracted_at + interval 1 hour",
        name="created_before_read",
        expected="nothing was created after it was read",
        key=key,
        action="Compare the clocks: such a row moves the cursor past real ones.",
        severity="critical",
    )


def created_in_this_century(key: str) -> Expectation:
    return rules.no_row_where(
        "created_at < date '2000-01-01'",
        name="created_in_this_century",
        expected="nothing is older than payments over the web",
        key=key,
        action="See whether the server sends created in another unit than seconds.",
        severity="critical",
    )


def keys_never_vanish(table: str) -> Expectation:
    return rules.never_shrinks(
        table,
        name="keys_never_vanish",
        expected="no fewer rows than after the last run that passed",
        action="Silver keeps every key: rebuild it with `hallmark build --full-refresh`.",
        severity="critical",
    )


def growth_is_usual(table: str) -> Expectation:
    return rules.grows_as_before(
        table,
        10,
        name="growth_is_usual",
        expected="no more than ten times as many new rows as any run before brought",
        action="Is it a backfill, or another tenant's data?",
        severity="warning",
    )


def status_is_known() -> Expectation:
    return rules.share_at_most(
        "status_phase = 'unknown'",
        0.05,
        name="status_is_known",
        expected="at most 5 % of the rows have a status that the seed does not list",
        action="Add the new status with its phase to the seed statuses.",
        severity="critical",
    )


def staged(table: str, key: str) -> list[Expectation]:
    """What holds of every staged object of the payments API."""
    return [
        created_before_read(key),
        created_in_this_century(key),
        status_is_known(),
        keys_never_vanish(table),
        growth_is_usual(table),
    ]
