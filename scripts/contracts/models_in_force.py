"""What `hallmark slim` asks a registry: the models' contracts in force there, and what breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from contracts.contract import Contract, Key
from contracts.diff import Change
from contracts.tables import Table, Tables, tables
from scripts.contracts.current_contracts import by_node
from scripts.contracts.in_force import InRegistry, in_registry
from scripts.contracts.registry_client import configured
from scripts.dbt import Manifest


@dataclass(frozen=True)
class ModelsInForce:
    """`old` are the tables of the merge base, as the registry promises them where it knows them."""

    old: Tables
    asked: InRegistry
    after: Mapping[tuple[str, int], Contract]

    def breaks(self, table: Table, found: Sequence[Change]) -> bool | None:
        """The registry's answer; None when only one of the two is there, or it knows neither."""
        new = self.after.get(table.key)
        last = new and self.asked.versions.get(new.key)
        return self.asked.breaking(last, new, found) if new and last else None

    def subscribers(self, table: Table) -> list[str]:
        """Who is subscribed and broken by the change that was asked about."""
        new = self.after.get(table.key)
        broken = self.asked.broken.get(new.key, []) if new else []
        return [f"{each.consumer}: {'; '.join(each.reasons)}" for each in broken]


def models_in_force(before: Manifest, after: Manifest, day: date) -> ModelsInForce | None:
    """None when no registry is configured. Raises EXT001 when it does not answer."""
    registry = configured()
    if registry is None:
        return None
    keys = _by_table(before, day)
    asked = in_registry(registry, [contract.key for contract in keys.values()], day)
    old = {
        key: _as_promised(table, keys.get(key), asked) for key, table in tables(before, day).items()
    }
    return ModelsInForce(old, asked, _by_table(after, day))


def _by_table(manifest: Manifest, day: date) -> dict[tuple[str, int], Contract]:
    nodes = dict(by_node(manifest, day))
    found = tables(manifest, day)
    return {key: nodes[table.node] for key, table in found.items() if table.node in nodes}


def _as_promised(table: Table, contract: Contract | None, asked: InRegistry) -> Table:
    """A version that ends a contract promises nothing, and a change of it is the base's matter."""
    key: Key | None = contract.key if contract else None
    last = asked.versions.get(key) if key else None
    if last is None or last.status == "retired" or not isinstance(last.contract.promise, Table):
        return table
    return msgspec.structs.replace(last.contract.promise, node=table.node)
