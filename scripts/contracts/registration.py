"""Brings a registry up to the published versions, and its subscriptions up to the exposures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from contracts.contract import Key, policy
from contracts.contract_schema import schema, stored_side
from contracts.publication import Step
from contracts.published import Published
from dlt_pipelines.errors import AuthenticationError, StateError
from scripts.contracts.current_contracts import by_node, today
from scripts.contracts.published_files import last_versions, versions_from
from scripts.contracts.registry_client import Dataset, Registry, Subscription
from scripts.dbt import Manifest

EXPOSURE = "exposure."
NOBODY = "nobody"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator has to do: a version that is registered and not current, or a status."""

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
class Registrar:
    """A registry under way to what is published; what it has done so far."""

    registry: Registry
    dry_run: bool
    watch: Callable[[str], None]
    datasets: dict[tuple[str, str], Dataset]
    versions: list[str] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    @classmethod
    def of(cls, registry: Registry, *, dry_run: bool, watch: Callable[[str], None]) -> Registrar:
        """Raises EXT001 when the registry does not answer: before anything is written."""
        return cls(registry, dry_run, watch, registry.datasets())

    def register(self, manifest: Manifest, steps: Sequence[Step]) -> Registration:
        """Registers each published version that is missing; a dry run counts `steps` too."""
        for last in last_versions(today()).values():
            self._bring(last)
        if self.dry_run:
            self.versions += [f"{each.key} version {each.published.number}" for each in steps]
        wanted = set(_exposed(manifest))
        held = [each for each in self.registry.subscriptions() if _is_exposure(each)]
        missing, gone = self._difference(wanted, held)
        if not self.dry_run:
            for consumer, key in sorted(missing):
                self.registry.subscribe(self._subscription(consumer, key))
            for each in gone:
                self.registry.unsubscribe(each)
        return Registration(
            url=self.registry.url,
            versions=self.versions,
            waiting=self.waiting,
            subscribed=len(missing),
            ended=len(gone),
        )

    def _difference(
        self, wanted: set[tuple[str, Key]], held: Sequence[Subscription]
    ) -> tuple[set[tuple[str, Key]], list[Subscription]]:
        """What is to be subscribed, and what is to be taken back."""
        names = {each.dataset_id: name for name, each in self.datasets.items()}
        kept: set[tuple[str, Key]] = set()
        gone = []
        for each in held:
            one = (each.consumer, Key(each.layer, *names.get(each.dataset_id, ("", ""))))
            if one in wanted and one not in kept:
                kept.add(one)
            else:
                gone.append(each)
        return wanted - kept, gone

    def _subscription(self, consumer: str, key: Key) -> dict[str, Any]:
        return {
            "dataset_id": self.datasets[key.namespace, key.name].dataset_id,
            "layer": key.layer,
            "consumer": consumer,
            "required_compatibility": policy(key.layer),
        }

    def _bring(self, last: Published) -> None:
        """Registers what is missing of a contract, each version under its own number.

        Raises STATE001 when the registry's versions are others than those published.
        """
        key = last.contract.key
        dataset = self.datasets.get((key.namespace, key.name))
        newest = dataset and self.registry.version(dataset, key.layer, "latest")
        known = newest.version if newest else 0
        if known > last.number:
            raise _other(key, known, "this checkout has none of that number; bring it up to date")
        for each in versions_from(max(known, 1), last, today()):
            if each.number > known:
                dataset = self._register(each, dataset)
            elif newest and newest.schema_json != _schema(each):
                raise _other(key, known, "it is not what contracts/published holds")
        if dataset and not self.dry_run and dataset.status != last.status:
            self._set_status(last, dataset)

    def _register(self, each: Published, dataset: Dataset | None) -> Dataset | None:
        key = each.contract.key
        self.versions.append(f"{key} version {each.number}")
        self.watch(f"registry: {key}")
        if self.dry_run:
            return dataset
        dataset = dataset or self._dataset(each)
        if dataset.status == "retired":
            self.registry.set_status(dataset, "active")  # a retired one takes no schemas
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
            url = self.registry.current_url(dataset, key.layer, each.number)
            waiting = Waiting(
                version=f"{key} version {each.number}",
                why=f"{why}; {error.message}",
                next=f"an operator posts to {url}",
            )
            self.waiting.append(waiting)

    def _set_status(self, last: Published, dataset: Dataset) -> None:
        try:
            self.registry.set_status(dataset, last.status)
        except AuthenticationError as error:
            waiting = Waiting(
                version=f"{last.contract.key} is {last.status}",
                why=error.message,
                next="publish with an operator's token",
            )
            self.waiting.append(waiting)


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


def _is_exposure(one: Subscription) -> bool:
    return one.consumer.startswith(EXPOSURE)
