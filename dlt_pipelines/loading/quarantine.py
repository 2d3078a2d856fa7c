"""Rows that do not fit their contract: where each lies in the landing, and what became of it."""

from __future__ import annotations

import getpass
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import duckdb
import msgspec

from contracts.odcs import Entity
from dlt_pipelines.control.rows import records
from dlt_pipelines.errors import ConfigurationError
from dlt_pipelines.loading.decode import Reject
from dlt_pipelines.loading.pii import PREFIX, Tokenizer

_REASON = re.compile(r"Expected (?P<expected>.+?)(?:, got (?P<found>.+))?", re.DOTALL)
Status = Literal["open", "replayed", "discarded"]


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """A sighting of a row that does not fit: a reference into the landing, never the payload.

    `row_id` is the same for the same bytes. `run_id` is of the run that landed the row.
    """

    run_id: str
    entity: str
    row_id: str
    key: str | None
    landing_file: str
    landing_row: int
    json_path: str
    reason: str
    expected: str | None
    found: str | None
    contract_version: str
    seen_at: datetime


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a quarantined row, who did it and why."""

    row_id: str
    entity: str
    action: Literal["replayed", "discarded"]
    at: datetime
    run_id: str
    actor: str
    reason: str


class QuarantinedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `quarantine.<source>`: its place and reason are those of the last sighting."""

    row_id: str
    entity: str
    key: str | None
    status: Status
    json_path: str
    reason: str
    expected: str | None
    found: str | None
    contract_version: str
    run_id: str
    landing_file: str
    landing_row: int
    first_seen: datetime
    last_seen: datetime
    times_seen: int


def row_id(raw: msgspec.Raw, tokens: Tokenizer) -> str:
    """32 hex digits that tell a row's bytes from others and from which nothing can be read."""
    return tokens.token(hashlib.sha256(raw).hexdigest()).removeprefix(PREFIX)


def key_of(entity: Entity, reject: Reject) -> str | None:
    """The row's own key, None when it cannot be read or is personal."""
    is_personal = any(field.pii for field in entity.fields if field.name == entity.key)
    return None if reject.key is None or is_personal else str(reject.key)


def expected_and_found(reason: str) -> tuple[str | None, str | None]:
    """The two types that a reason names: "Expected `int`, got `str`"."""
    named = _REASON.fullmatch(reason.replace("`", ""))
    return (named["expected"], named["found"]) if named else (None, None)


def quarantined(
    entity: Entity,
    reject: Reject,
    *,
    row_id: str,
    run_id: str,
    landing_file: str,
    seen_at: datetime,
) -> Quarantined:
    """The record of a row that its contract refuses."""
    expected, found = expected_and_found(reject.reason)
    return Quarantined(
        run_id=run_id,
        entity=entity.name,
        row_id=row_id,
        key=key_of(entity, reject),
        landing_file=landing_file,
        landing_row=reject.index,
        json_path=reject.path,
        reason=reject.reason,
        expected=expected,
        found=found,
        contract_version=entity.version,
        seen_at=seen_at,
    )


def actor() -> str:
    """Who gives the command, by the name the operating system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def quarantined_rows(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    *,
    entities: Sequence[str] = (),
    status: Status | None = None,
) -> list[QuarantinedRow]:
    """The lines of `quarantine.<source>`, newest first; none before the first load."""
    columns = ", ".join(QuarantinedRow.__struct_fields__)
    query = _ROWS.format(columns=columns, source=source)
    values = {"entities": list(entities), "status": status}
    try:
        return records(connection, query, values, kind=QuarantinedRow)
    except duckdb.CatalogException:
        return []
    except duckdb.BinderException as error:
        raise ConfigurationError(
            "the warehouse was last written by an earlier version; load once", source=source
        ) from error


_ROWS = """
select {columns} from quarantine.{source}
where (len($entities::varchar[]) = 0 or entity in (select unnest($entities::varchar[])))
    and status = coalesce($status, status)
order by last_seen desc, entity, row_id
"""


def chosen(rows: Sequence[QuarantinedRow], ids: Sequence[str]) -> list[QuarantinedRow]:
    """The rows with these ids, each of which may be shortened as long as it names one row.

    Raises CFG001 for an id that names none or several.
    """
    found = {}
    for each in ids:
        matches = [row for row in rows if each and row.row_id.startswith(each)]
        if len({row.row_id for row in matches}) != 1:
            problem = "several rows have ids that begin so" if matches else "no row has this id"
            raise ConfigurationError(f"{problem}; `hallmark quarantine list` has them", id=each)
        found.update({(row.entity, row.row_id): row for row in matches})
    return list(found.values())
