"""The contracts in force: what the registry holds as current, or else what was published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from contracts.contract import Contract, Key, of_entity
from contracts.contract_schema import (
    asked_side,
    breaks_by_schema,
    contract_of,
    schema,
    status_of,
)
from contracts.diff import Change
from contracts.odcs import Entity, Source, load_source
from contracts.published import Published
from dlt_pipelines.errors import StateError
from scripts.contracts.current_contracts import today
from scripts.contracts.registry_client import Broken, Dataset, Registry, Version, configured


@dataclass
class InRegistry:
    """The current versions of a registry; `broken` are subscribers that an asked change breaks."""

    registry: Registry
    versions: dict[Key, Published]
    datasets: dict[tuple[str, str], Dataset]
    broken: dict[Key, list[Broken]] = field(default_factory=dict)

    def breaking(self, old: Published, new: Contract, found: Sequence[Change]) -> bool:
        """The registry's answer on a change, and that of the rules on what no schema carries."""
        key = new.key
        dataset = self.datasets[key.namespace, key.name]
        asked = schema(new, asked_side(new.layer))
        answer = self.registry.check(dataset, new.layer, asked, base=old.number)
        self.broken[key] = answer.broken_subscriptions
        return breaks_by_schema(new.layer, answer.classification, found)


def in_registry(registry: Registry, keys: Iterable[Key], day: date) -> InRegistry:
    """Raises EXT001 when the registry does not answer, STATE001 when another hand wrote to it."""
    datasets = registry.datasets()
    versions = {}
    for key in keys:
        dataset = datasets.get((key.namespace, key.name))
        current = dataset and registry.version(dataset, key.layer, "current")
        if current:
            versions[key] = published(key, current, day)
    return InRegistry(registry, versions, datasets)


def source_in_force(name: str) -> Source | None:
    """A source's contract with its entities as a registry promises them; None without a registry.

    An entity that was never registered is as in its file. Raises EXT001 when the registry does not
    answer: a load that cannot tell whether rows drift does not begin.
    """
    registry = configured()
    if registry is None:
        return None
    source = load_source(name)
    keys = {entity: of_entity(each, "").key for entity, each in source.entities.items()}
    versions = in_registry(registry, keys.values(), today()).versions
    entities = {
        entity: _promised(each, versions.get(keys[entity]))
        for entity, each in source.entities.items()
    }
    return msgspec.structs.replace(source, entities=entities)


def _promised(entity: Entity, last: Published | None) -> Entity:
    promise = last.contract.promise if last else entity
    if not isinstance(promise, Entity):
        return entity
    return msgspec.structs.replace(
        entity,
        version=promise.version,
        fields=promise.fields,
        key=promise.key,
        ignored=promise.ignored,
    )


def published(key: Key, version: Version, day: date) -> Published:
    """A registry's version as the contract it was made of. Raises STATE001 when it is none."""
    made = version.schema_json
    try:
        facts = made if isinstance(made, dict) else {}
        contract, status = contract_of(facts, day), status_of(facts)
    except msgspec.ValidationError as error:
        raise StateError(
            "the registry holds a schema that `hallmark contracts publish` did not write",
            contract=key,
            version=version.version,
            cause=error,
        ) from error
    return Published(number=version.version, status=status, contract=contract)
