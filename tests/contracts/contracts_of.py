"""Contracts to be changed: an API's entity and a table, and how to make others."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace
from test_diff import CONTRACTS
from test_table_compatibility import TABLE, TABLES

from contracts.contract import Contract, of_entity, of_table
from contracts.odcs import Entity
from contracts.tables import Table

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
