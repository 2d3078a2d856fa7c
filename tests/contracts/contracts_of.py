"""Contracts to be changed: an API's entity and a table, and how to make others."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.contract import Contract, of_entity, of_table
from contracts.odcs import Cursor, Entity, Field
from contracts.tables import Column, Table

ID = Field(name="id", type="string", required=True)
NAMES = st.sampled_from(["a", "b", "c"])
FLAGS = {"required": st.booleans(), "pii": st.booleans(), "volatile": st.booleans()}
SCALARS = st.builds(
    Field,
    name=NAMES,
    type=st.sampled_from(["string", "integer", "number", "boolean"]),
    money=st.sampled_from([None, "a", "b"]),
    reference=st.sampled_from([None, "a", "b"]),
    epoch=st.sampled_from([None, "seconds", "milliseconds"]),
    values=st.lists(st.sampled_from("xyz"), unique=True).map(tuple),
    **FLAGS,
)


def unique(fields: st.SearchStrategy[Field]) -> st.SearchStrategy[tuple[Field, ...]]:
    return st.lists(fields, max_size=3, unique_by=lambda field: field.name).map(tuple)


def containers(fields: st.SearchStrategy[tuple[Field, ...]]) -> st.SearchStrategy[Field]:
    """One that is PII is read as a whole: it has no fields."""
    kinds = st.sampled_from(["object", "array"])
    made = st.builds(Field, name=NAMES, type=kinds, fields=fields, **FLAGS)
    return made.map(lambda field: replace(field, fields=()) if field.pii else field)


FIELDS = st.recursive(
    SCALARS | containers(st.just(())), lambda inner: containers(unique(inner)), max_leaves=4
)


def entity(
    *fields: Field, key: Field = ID, cursor: Cursor | None = None, ignored: tuple[str, ...] = ()
) -> Entity:
    return Entity(
        source="shop",
        name="orders",
        version="1.0.0",
        description="One row per order.",
        fields=(key, *fields),
        key=key.name,
        cursor=cursor,
        ignored=ignored,
    )


KEYS = st.builds(
    Field,
    name=st.sampled_from(["id", "uuid"]),
    type=st.sampled_from(["string", "integer"]),
    required=st.just(True),
)
CURSORS = st.builds(Cursor, field=NAMES, overlap_seconds=st.sampled_from([0, 300]))
CONTRACTS = st.builds(
    lambda fields, key, cursor: entity(*fields, key=key, cursor=cursor),
    unique(FIELDS),
    KEYS,
    st.none() | CURSORS,
)


KEY = Column(name="charge_id", type="varchar", required=True)
AMOUNT = Column(name="amount", type="bigint", required=True)
STATUS = Column(name="status", type="varchar", required=False)
TABLE = Table(
    node="model.hallmark.fct_payments",
    name="fct_payments",
    version=1,
    is_latest=True,
    relation="gold.fct_payments",
    access="protected",
    columns=(KEY, AMOUNT, STATUS),
    constraints=("primary key (charge_id)",),
    retired=False,
)
COLUMNS = st.lists(
    st.builds(
        Column,
        name=st.sampled_from("abcd"),
        type=st.sampled_from(["varchar", "bigint", "interval"]),
        required=st.booleans(),
        pii=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda column: column.name,
).map(tuple)
TABLES = st.builds(
    Table,
    node=st.just("model.hallmark.t"),
    name=st.just("t"),
    version=st.just(1),
    is_latest=st.booleans(),
    relation=st.sampled_from(["gold.t", "gold.t_v1", "silver.t"]),
    access=st.sampled_from(["private", "protected", "public"]),
    columns=COLUMNS,
    constraints=st.lists(st.sampled_from("xyz"), unique=True).map(tuple),
    retired=st.booleans(),
)


TEAM = "Payments analytics"


def of(promise: Entity | Table) -> Contract:
    if isinstance(promise, Entity):
        return of_entity(promise, TEAM)
    return of_table(promise, layer="gold", namespace="payments", owner=TEAM)


def table(**changes: Any) -> Contract:
    return of(replace(TABLE, **changes))


ENTITIES = CONTRACTS.map(of)
OF_TABLES = TABLES.map(lambda made: of(replace(made, retired=False)))
ANY: st.SearchStrategy[Contract] = ENTITIES | OF_TABLES
