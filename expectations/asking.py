"""Questions the gate puts to the warehouse, and how an answer becomes a check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import duckdb
from msgspec.structs import replace

from expectations.results import Check, Kind, Outcome, Severity

MEMORY = "1GB"
"""What DuckDB may hold while the gate asks, as for dbt: what is more goes to the disk."""
_NOT_THERE = "[QUAL001] what it reads is not there: load, then build"
_BROKE = "[QUAL001] the check itself broke"


class Finding(NamedTuple):
    """An answer; `severity` overrides the question's, `sql` shows the rows that speak against."""

    outcome: Outcome
    observed: str
    detail: str = ""
    sql: str = ""
    severity: Severity | None = None


class Question(NamedTuple):
    """`find` answers on a connection to the warehouse; whatever it raises is no answer."""

    kind: Kind
    table: str
    name: str
    severity: Severity
    expected: str
    find: Callable[[duckdb.DuckDBPyConnection], Finding]
    location: str = ""


def ask(connection: duckdb.DuckDBPyConnection, questions: Iterable[Question]) -> Iterator[Check]:
    """One check per question; one that raised is `not_checked` and the others still answer."""
    for question in questions:
        started = time.perf_counter()
        try:
            found = question.find(connection)
        except duckdb.CatalogException as error:
            found = Finding("not_checked", "", f"{_NOT_THERE}: {_cause(error)}")
        except Exception as error:  # whatever breaks in a check is its own answer, not the run's
            found = Finding("not_checked", "", f"{_BROKE}: {_cause(error)}")
        check = answered(question, found)
        yield replace(check, seconds=time.perf_counter() - started)


def _cause(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def answered(question: Question, found: Finding) -> Check:
    return Check(
        check_id=f"{question.kind}:{question.table}:{question.name}",
        kind=question.kind,
        table=question.table,
        name=question.name,
        severity=found.severity or question.severity,
        outcome=found.outcome,
        expected=question.expected,
        observed=found.observed,
        detail=found.detail,
        location=question.location,
        sql="" if found.outcome == "passed" else found.sql,
    )
