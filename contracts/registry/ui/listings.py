"""What the pages list beyond what the routes do, each page cut out by the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, Select, and_, func, literal, or_, select, true, union_all

from contracts.compatibility import Classification
from contracts.contract import LAYERS
from contracts.registry.calls import Caller
from contracts.registry.models import ContractVersion, Dataset
from contracts.registry.paging import page_of
from contracts.registry.shapes.datasets import DatasetBody

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[T]):
    """A page of things, and how many there are on all."""

    items: list[T]
    page: int
    page_size: int
    total: int


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """A version in a timeline; `compared_with` is the version that its verdict is about."""

    dataset_id: str
    layer: str
    version: int
    is_current: bool
    compatibility: Classification
    compatible: bool
    compared_with: int | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, kw_only=True)
class LayerState:
    """A layer that has versions: which is current, if any, and what came last."""

    layer: str
    current: int | None
    newest: VersionRow


@dataclass(frozen=True, kw_only=True)
class DatasetRow:
    dataset: DatasetBody
    layers: list[LayerState]

    @property
    def last(self) -> VersionRow | None:
        """The version that came last, in whichever layer."""
        newest = (state.newest for state in self.layers)
        return max(newest, key=lambda each: each.created_at, default=None)


_VERSION = [ContractVersion.__table__.c[field.name] for field in fields(VersionRow)]


def search(
    connection: Connection, caller: Caller, *, words: str, status: str, number: int, size: int
) -> Listing[DatasetRow]:
    """Datasets that the caller may see with every word in their namespace, name or owner."""
    query = caller.scoped(select(Dataset.__table__), Dataset, status=status or None)
    for word in words.replace("/", " ").split():
        columns = (Dataset.namespace, Dataset.name, Dataset.owner)
        query = query.where(or_(*(each.icontains(word, autoescape=True) for each in columns)))
    order = (Dataset.namespace.expression, Dataset.name.expression)
    rows, total = page_of(connection, query, *order, number=number, size=size)
    found = [DatasetBody(**row) for row in rows]
    states = layer_states(connection, caller, [each.dataset_id for each in found])
    items = [DatasetRow(dataset=each, layers=states[each.dataset_id]) for each in found]
    return Listing(items=items, page=number, page_size=size, total=total)


def layer_states(
    connection: Connection, caller: Caller, ids: Sequence[str]
) -> dict[str, list[LayerState]]:
    """Of each dataset the layers that have versions and that the caller may see, in order."""
    layers = [layer for layer in LAYERS if not caller.layers or layer in caller.layers]
    current = {
        (row.dataset_id, row.layer): row.version
        for row in connection.execute(
            select(ContractVersion.dataset_id, ContractVersion.layer, ContractVersion.version)
            .where(ContractVersion.is_current)
            .where(ContractVersion.dataset_id.in_(ids))
        )
    }
    states: dict[str, list[LayerState]] = {each: [] for each in ids}
    rows = [VersionRow(**row) for row in connection.execute(_newest(ids, layers)).mappings()]
    for row in sorted(rows, key=lambda each: LAYERS.index(each.layer)):
        here = current.get((row.dataset_id, row.layer))
        states[row.dataset_id].append(LayerState(layer=row.layer, current=here, newest=row))
    return states


def _newest(ids: Sequence[str], layers: Iterable[str]) -> Select[tuple[object, ...]]:
    """The newest version of each dataset and layer: as many look-ups, however many versions."""
    names = union_all(*(select(literal(layer).label("layer")) for layer in layers)).subquery()
    wanted = (
        select(Dataset.dataset_id, names.c.layer)
        .join(names, true())
        .where(Dataset.dataset_id.in_(ids))
        .subquery()
    )
    other = ContractVersion.__table__.alias()
    newest = (
        select(func.max(other.c.version))
        .where(other.c.dataset_id == wanted.c.dataset_id, other.c.layer == wanted.c.layer)
        .scalar_subquery()
    )
    here = and_(
        ContractVersion.dataset_id == wanted.c.dataset_id,
        ContractVersion.layer == wanted.c.layer,
        ContractVersion.version == newest,
    )
    return select(*_VERSION).select_from(wanted.join(ContractVersion.__table__, here))


def timeline(
    connection: Connection, newest: VersionRow, *, number: int, size: int
) -> Listing[VersionRow]:
    """A layer's versions up to `newest`, the last first; numbers have no gaps, so that
    a page begins where its place says."""
    first = newest.version - (number - 1) * size
    query = (
        select(*_VERSION)
        .where(
            ContractVersion.dataset_id == newest.dataset_id,
            ContractVersion.layer == newest.layer,
            ContractVersion.version <= first,
            ContractVersion.version > first - size,
        )
        .order_by(ContractVersion.version.desc())
    )
    rows = connection.execute(query).mappings() if first > 0 else ()
    items = [VersionRow(**row) for row in rows]
    return Listing(items=items, page=number, page_size=size, total=newest.version)
