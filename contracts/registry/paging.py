"""A page of rows, and how many there are on all pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, select


def page_of(
    connection: Connection,
    query: Select[Any],
    *order: ColumnElement[Any],
    number: int,
    size: int,
) -> tuple[list[RowMapping], int]:
    """The rows of page `number`, from 1, in an order that is total, and the count of all."""
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    page = query.order_by(*order).limit(size).offset((number - 1) * size)
    return list(connection.execute(page).mappings()), total
