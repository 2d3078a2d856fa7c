"""Datasets: registered, listed, changed; each change is on record."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contracts.registry.audit import Actor, record
from contracts.registry.calls import Caller
from contracts.registry.errors import Conflict, Invalid, NotFound
from contracts.registry.models import Dataset
from contracts.registry.paging import page_of
from contracts.registry.shapes.datasets import DatasetBody, DatasetChange, DatasetPage, NewDataset

_ROWS = select(Dataset.__table__)


def create(connection: Connection, actor: Actor, new: NewDataset) -> DatasetBody:
    """Registers a dataset. Raises `Conflict` when its name is taken."""
    moment = datetime.now(UTC)
    body = DatasetBody(
        dataset_id=str(uuid.uuid4()),
        status="active",
        promotions="open",
        sunset_at=None,
        deprecated_at=None,
        created_at=moment,
        created_by=actor.name,
        updated_at=moment,
        **new.model_dump(),
    )
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Dataset).values(body.model_dump()).on_conflict_do_nothing()
    if connection.execute(statement.returning(Dataset.dataset_id)).first() is None:
        named = (Dataset.namespace == new.namespace) & (Dataset.name == new.name)
        taken = connection.execute(select(Dataset.dataset_id).where(named)).scalar()
        raise Conflict(
            f"there is a dataset {new.name!r} in {new.namespace!r} already", {"dataset_id": taken}
        )
    record(connection, actor, "dataset.created", body.dataset_id, new=new.model_dump())
    return body


def find(connection: Connection, dataset_id: str, *, hold: bool = False) -> RowMapping:
    """A dataset's row; `hold` keeps others from changing it while the transaction lasts.

    Raises `NotFound`.
    """
    query = _ROWS.where(Dataset.dataset_id == dataset_id)
    if hold and connection.dialect.name != "sqlite":
        query = query.with_for_update(read=True)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("there is no such dataset", {"dataset_id": dataset_id})
    return row


def get(connection: Connection, dataset_id: str) -> DatasetBody:
    """Raises `NotFound`."""
    return DatasetBody(**find(connection, dataset_id))


def page(
    connection: Connection, caller: Caller, *, number: int, size: int, **equal: str | None
) -> DatasetPage:
    """Those that the caller may see, by namespace and name; `equal` are columns."""
    query = caller.scoped(_ROWS, Dataset, **equal)
    order = (Dataset.namespace.expression, Dataset.name.expression)
    rows, total = page_of(connection, query, *order, number=number, size=size)
    items = [DatasetBody(**row) for row in rows]
    return DatasetPage(items=items, page=number, page_size=size, total=total)


def change(
    connection: Connection, actor: Actor, dataset_id: str, wanted: DatasetChange
) -> DatasetBody:
    """Changes what is given and different. Raises `NotFound`, `Invalid` when nothing is given."""
    if not wanted.model_fields_set:
        raise Invalid("nothing is to be changed: name at least one field")
    query = _ROWS.where(Dataset.dataset_id == dataset_id).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("there is no such dataset", {"dataset_id": dataset_id})
    given = wanted.model_dump(include=wanted.model_fields_set)
    new = {name: value for name, value in given.items() if row[name] != value}
    if not new:
        return DatasetBody(**row)
    values: dict[str, Any] = {**new, "updated_at": datetime.now(UTC)}
    if "status" in new:
        values["deprecated_at"] = _deprecated_at(row, new["status"], values["updated_at"])
    connection.execute(update(Dataset).where(Dataset.dataset_id == dataset_id).values(values))
    old = {name: row[name] for name in new}
    record(connection, actor, "dataset.changed", dataset_id, old=old, new=new)
    return DatasetBody(**{**row, **values})


def _deprecated_at(row: RowMapping, status: str, moment: datetime) -> datetime | None:
    return None if status == "active" else row["deprecated_at"] or moment


def lifecycle_headers(row: RowMapping) -> dict[str, str]:
    """What readers are told of a dataset that goes: RFC 9745 and RFC 8594."""
    headers = {}
    if row["deprecated_at"]:
        headers["Deprecation"] = f"@{int(row['deprecated_at'].timestamp())}"
    if row["sunset_at"]:
        headers["Sunset"] = f"{row['sunset_at']:%a, %d %b %Y %H:%M:%S} GMT"
    return headers
