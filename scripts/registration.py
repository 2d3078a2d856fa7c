"""Brings a registry up to the published versions, and its subscriptions up to the exposures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from contracts.contract import Key, policy
from contracts.contract_schema import schema, stored_side
from contracts.publication import Step
from contracts.published import Published
from dlt_pipelines.errors import AuthenticationError, StateError
from scripts.current_contracts import by_node, today
from scripts.published_files import all_versions, last_versions
from scripts.registry_client import Dataset, Registry, Subscription

Manifest = Mapping[str, Any]
EXPOSURE = "exposure."
NOBODY = "nobody"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is registered and not current."""

    version: str
    why: str
    next: str


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    versions: list[str]
    waiting: list[Waiting]
    subscribed: int
    ended: int


@dataclass
class _Registrar:
    registry: Registry
    dry_run: bool
    watch: Callable[[str], None]
    datasets: dict[tuple[str, str], Dataset]
    versions: list[str] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    def bring(self, last: Published) -> None:
        """Registers what is missing of a contract, each version under its own number.

        Raises STATE001 when the registry's versions are others than those published.
        """
        key = last.contract.key
        dataset = self.datasets.get((key.namespace, key.name))
        newest = dataset and self.registry.version(dataset, key.layer, "latest")
        known = newest.version if newest else 0
        if known > last.number:
            raise _other(key, known, "this checkout has none of that number; bring it up to date")
        for each in all_versions(last, today()) if known < last.number or newest else ():
            if newest and each.number == known and newest.schema_json != _schema(each):
                raise _other(key, known, "it is not what contracts/published holds")
            if each.number > known:
                dataset = self._register(each, dataset)
        if dataset and known < last.number and not self.dry_run and dataset.status != last.status:
            self.registry.set_status(dataset, last.status)

    def _register(self, each: Published, dataset: Dataset | None) -> Dataset | None:
        key = each.contract.key
        self.versions.append(f"{key} version {each.number}")
        self.watch(f"registry: {key}")
        if self.dry_run:
            return dataset
        dataset = dataset or self._dataset(each)
        if dataset.status == "retired":
            self.registry.set_status(dataset, "active")
        made = _schema(each)
        digest = msgspec.json.encode(made, order="sorted")
        stored = self.registry.ingest(
            dataset, key.layer, made, idempotency_key=_idempotency_key(each, digest)
        )
        if stored.version != each.number:
            raise _other(key, stored.version, f"version {each.number} was to be registered")
        if not stored.is_current:
            self._make_current(each, dataset, stored.message)
        return dataset

    def _dataset(self, each: Published) -> Dataset:
        key = each.contract.key
        made = self.registry.create_dataset(
            key, owner=each.contract.owner or NOBODY, compatibility=policy(key.layer)
        )
        self.datasets[key.namespace, key.name] = made
        return made

    def _make_current(self, each: Published, dataset: Dataset, why: str) -> None:
        """What was allowed to be published counts, though the registry's policy is stricter."""
        key = each.contract.key
        try:
            self.registry.set_current(dataset, key.layer, each.number)
        except (AuthenticationError, StateError) as error:
            waiting = Waiting(
                version=f"{key} version {each.number}",
                why=f"{why}; {error.message}",
                next="an operator makes it current, once its readers know",
            )
            self.waiting.append(waiting)


def register(
    registry: Registry,
    manifest: Manifest,
    steps: Sequence[Step],
    *,
    dry_run: bool,
    watch: Callable[[str], None],
) -> Registration:
    """Registers each published version that the registry lacks; a dry run counts `steps` too."""
    registrar = _Registrar(registry, dry_run, watch, registry.datasets())
    for last in last_versions(today()).values():
        registrar.bring(last)
    if dry_run:
        registrar.versions += [f"{each.key} version {each.published.number}" for each in steps]
    wanted = set(_exposed(manifest))
    known = [each for each in registry.subscriptions() if each.consumer.startswith(EXPOSURE)]
    missing, gone = _difference(registrar, wanted, known)
    if not dry_run:
        for consumer, key in sorted(missing):
            registry.subscribe(_subscription(registrar, consumer, key))
        for each in gone:
            registry.unsubscribe(each)
    return Registration(
        url=registry.url,
        versions=registrar.versions,
        waiting=registrar.waiting,
        subscribed=len(missing),
        ended=len(gone),
    )


def _schema(each: Published) -> dict[str, Any]:
    return schema(each.contract, stored_side(each.contract.layer), each.status)


def _idempotency_key(each: Published, made: bytes) -> str:
    key = each.contract.key
    digest = hashlib.sha256(made).hexdigest()[:16]
    return f"{key.layer}:{key.namespace}:{key.name}:{each.number}:{digest}"


def _other(key: Key, version: int, why: str) -> StateError:
    return StateError(
        "the registry's versions of a contract are not those published here",
        contract=key,
        version=version,
        why=why,
    )


def _exposed(manifest: Manifest) -> Iterator[tuple[str, Key]]:
    """Each exposure with each contract that it reads."""
    keys = {node: contract.key for node, contract in by_node(manifest, today())}
    for exposure in manifest["exposures"].values():
        for node in exposure["depends_on"]["nodes"]:
            if node in keys:
                yield f"{EXPOSURE}{exposure['name']}", keys[node]


def _difference(
    registrar: _Registrar, wanted: set[tuple[str, Key]], known: list[Subscription]
) -> tuple[set[tuple[str, Key]], list[Subscription]]:
    names = {each.dataset_id: name for name, each in registrar.datasets.items()}
    held: dict[tuple[str, Key], Subscription] = {}
    gone = []
    for each in known:
        namespace, name = names.get(each.dataset_id, ("", ""))
        one = (each.consumer, Key(each.layer, namespace, name))
        if one in wanted and one not in held:
            held[one] = each
        else:
            gone.append(each)
    return wanted - held.keys(), gone


def _subscription(registrar: _Registrar, consumer: str, key: Key) -> dict[str, Any]:
    dataset = registrar.datasets[key.namespace, key.name]
    return {
        "dataset_id": dataset.dataset_id,
        "layer": key.layer,
        "consumer": consumer,
        "required_compatibility": policy(key.layer),
    }
