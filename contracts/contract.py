"""One dataset's promise at one layer, and what a change of it breaks.

At the extraction layer that is what an API promises of an entity; at the others what a table
promises. An API's rows are kept for ever, so new readers must read old rows (BACKWARD); a table is
built anew, so old readers must read new rows (FORWARD).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import msgspec

from contracts.compatibility import RULES, Finding, Rule, classification, judge
from contracts.diff import ROW, Change, compared, diff
from contracts.odcs import Entity, Field
from contracts.policy import Policy, meets
from contracts.table_compatibility import TABLE_RULES
from contracts.table_diff import diff_table
from contracts.tables import Table

Layer = Literal["extraction", "raw", "silver", "gold", "activation"]
Status = Literal["active", "deprecated", "retired"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
ENTITY_RULES = (
    *RULES,
    Rule(
        name="entity_added",
        on=("entity", "add"),
        breaks="nothing",
        level="info",
        message="{new} is new",
        hint="describe and classify its fields",
    ),
    Rule(
        name="entity_removed",
        on=("entity", "remove"),
        breaks="both",
        message="{old} is gone; nobody reads what was stored, or what comes",
        hint="keep the contract while its rows are read",
    ),
)


class Key(msgspec.Struct, frozen=True, order=True):
    """What a contract is known by: layer, and the dataset's namespace and name."""

    layer: Layer
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.layer} {self.namespace}.{self.name}"


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """`owner` is the team that answers for it, "" when nobody does."""

    layer: Layer
    namespace: str
    name: str
    owner: str
    promise: Entity | Table

    @property
    def key(self) -> Key:
        return Key(self.layer, self.namespace, self.name)

    @property
    def description(self) -> str:
        return self.promise.description

    @property
    def is_private(self) -> bool:
        """Whether only the models that are built with it may read it."""
        return isinstance(self.promise, Table) and self.promise.access == "private"


def in_order(contract: Contract) -> Contract:
    """The same contract in the one order of its fields, which is no part of it."""
    promise = contract.promise
    if isinstance(promise, Entity):
        ordered: Entity | Table = msgspec.structs.replace(promise, fields=_sorted(promise.fields))
    else:
        columns = sorted(promise.columns, key=lambda column: column.name)
        ordered = msgspec.structs.replace(promise, columns=tuple(columns))
    return msgspec.structs.replace(contract, promise=ordered)


def _sorted(fields: Iterable[Field]) -> tuple[Field, ...]:
    nested = (msgspec.structs.replace(each, fields=_sorted(each.fields)) for each in fields)
    return tuple(sorted(nested, key=lambda field: field.name))


def of_entity(entity: Entity, owner: str) -> Contract:
    """What an API promises of an entity's rows; how they are fetched is no part of it."""
    promise = msgspec.structs.replace(
        entity,
        endpoint=None,
        paging=None,
        parent=None,
        embedded=None,
        rereads=(),
        on_forbidden="fail",
    )
    return Contract(
        layer="extraction",
        namespace=entity.source,
        name=entity.name,
        owner=owner,
        promise=promise,
    )


def of_table(table: Table, *, layer: Layer, namespace: str, owner: str) -> Contract:
    """What a table promises; a version of a model but the first has a name of its own."""
    suffix = f".v{table.version}" if table.version > 1 else ""
    return Contract(
        layer=layer,
        namespace=namespace,
        name=f"{table.name}{suffix}",
        owner=owner,
        promise=msgspec.structs.replace(table, node=""),
    )


def policy(layer: Layer) -> Policy:
    """Which readers a change at this layer must not break."""
    return "BACKWARD" if layer == "extraction" else "FORWARD"


def breaks(layer: Layer, findings: Iterable[Finding]) -> bool:
    """Whether any finding breaks the readers that count at this layer."""
    return not meets(classification(findings), policy(layer))


def changes(old: Contract | None, new: Contract | None) -> list[Change]:
    """What differs; None where there is no contract, or none yet."""
    before, after = (each.promise if each else None for each in (old, new))
    if isinstance(before, Entity) and isinstance(after, Entity):
        return diff(before, after)
    if isinstance(before or after, Entity):
        names = (each and str(each.key) for each in (old, new))
        return list(compared(ROW, "entity", *names))
    return diff_table(_table(before), _table(after))


def _table(promise: Entity | Table | None) -> Table | None:
    return promise if isinstance(promise, Table) else None


def judged(layer: Layer, found: Iterable[Change]) -> list[Finding]:
    """The changes with what they mean, by the layer's rules."""
    return judge(found, ENTITY_RULES if layer == "extraction" else TABLE_RULES)
