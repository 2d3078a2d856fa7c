"""`hallmark contracts subscribe`: who reads what, so that a change names those whom it breaks."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from contracts.contract import Contract, Key, Layer, policy
from contracts.diff import walk
from contracts.odcs import Entity
from dlt_pipelines.errors import ConfigurationError, StateError
from scripts.console import Output
from scripts.contracts.current_contracts import today
from scripts.contracts.published_files import last_versions
from scripts.contracts.registry_client import Dataset, Registry, Subscription, needed


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a consumer reads; no `fields` means all of them."""

    consumer: str
    layer: Layer
    dataset: str
    fields: list[str]
    required_compatibility: str
    subscription_id: str = ""


class Subscribed(msgspec.Struct, frozen=True, kw_only=True):
    """`secret` verifies what is posted to a callback; it is shown this once."""

    dry_run: bool
    subscription: Reading
    known: bool
    secret: str | None


def subscribe(
    output: Output,
    name: str,
    *,
    consumer: str,
    layer: Layer | None,
    fields: Sequence[str],
    callback_url: str | None,
    url: str | None,
    dry_run: bool,
) -> None:
    """Subscribes a consumer, unless it is already, to a published contract.

    Raises CFG001 for a contract or field that nobody published, STATE001 for one that the registry
    lacks, EXT001, AUTH001.
    """
    registry = needed(url)
    contract = _published(name, layer)
    _check_fields(contract, fields)
    key = contract.key
    dataset = _dataset(registry, key)
    wanted = Reading(
        consumer=consumer,
        layer=key.layer,
        dataset=f"{key.namespace}.{key.name}",
        fields=sorted(fields),
        required_compatibility=policy(key.layer),
    )
    known = _known(registry, dataset, wanted, callback_url)
    ask = known is None and not dry_run
    made = registry.subscribe(_body(dataset, wanted, callback_url)) if ask else None
    found = known or made
    id_ = found.subscription_id if found else ""
    done = Subscribed(
        dry_run=dry_run,
        subscription=msgspec.structs.replace(wanted, subscription_id=id_),
        known=known is not None,
        secret=made.secret if made else None,
    )
    _show(output, done)


def show_subscriptions(output: Output, *, consumer: str | None, url: str | None) -> None:
    """All subscriptions, or those of one consumer. Raises CFG001, EXT001, AUTH001."""
    registry = needed(url)
    names = {
        each.dataset_id: f"{each.namespace}.{each.name}" for each in registry.datasets().values()
    }
    query = {"consumer": consumer} if consumer else {}
    readings = [
        Reading(
            consumer=each.consumer,
            layer=each.layer,
            dataset=names.get(each.dataset_id, each.dataset_id),
            fields=each.fields,
            required_compatibility=each.required_compatibility,
            subscription_id=each.subscription_id,
        )
        for each in registry.subscriptions(**query)
    ]
    readings.sort(key=lambda each: (each.consumer, each.layer, each.dataset))
    rows = [
        (each.consumer, each.layer, each.dataset, ", ".join(each.fields) or "all")
        for each in readings
    ]
    if rows:
        output.table("Subscriptions", ("consumer", "layer", "dataset", "fields"), rows)
    else:
        output.say("Nobody is subscribed.")
    output.result(readings)


def _published(name: str, layer: Layer | None) -> Contract:
    """The contract of that name, with its namespace or without, where only one has it."""
    keys = {
        key: last.contract
        for key, last in last_versions(today()).items()
        if name in (key.name, f"{key.namespace}.{key.name}") and layer in (None, key.layer)
    }
    if len(keys) == 1:
        return next(iter(keys.values()))
    if keys:
        raise ConfigurationError(
            "several contracts are called so: name the layer (--layer) or the namespace",
            contract=name,
            found=_told(keys),
        )
    raise ConfigurationError(
        "contracts/published has no such contract; `hallmark contracts publish` writes them",
        contract=name,
        layer=layer,
    )


def _told(keys: dict[Key, Contract]) -> str:
    return "; ".join(map(str, keys))


def _check_fields(contract: Contract, fields: Sequence[str]) -> None:
    promise = contract.promise
    if isinstance(promise, Entity):
        names = [place.field for place, _ in walk(promise.fields)]
    else:
        names = [column.name for column in promise.columns]
    unknown = [field for field in fields if field not in names]
    if unknown:
        raise ConfigurationError(
            f"{contract.key} has no field {', '.join(unknown)}; it has {', '.join(names)}"
        )


def _dataset(registry: Registry, key: Key) -> Dataset:
    found = registry.datasets().get((key.namespace, key.name))
    if found is None:
        raise StateError(
            "the registry has no such dataset yet: `hallmark contracts publish` registers it",
            contract=key,
        )
    return found


def _known(
    registry: Registry, dataset: Dataset, wanted: Reading, callback_url: str | None
) -> Subscription | None:
    """The one that says the same; with a callback one that is posted to that very address."""
    held = registry.subscriptions(
        dataset_id=dataset.dataset_id, layer=wanted.layer, consumer=wanted.consumer
    )
    same = (each for each in held if sorted(each.fields) == wanted.fields)
    return next((each for each in same if callback_url in (None, each.callback_url)), None)


def _body(dataset: Dataset, wanted: Reading, callback_url: str | None) -> dict[str, object]:
    body: dict[str, object] = {
        "dataset_id": dataset.dataset_id,
        "layer": wanted.layer,
        "consumer": wanted.consumer,
        "required_compatibility": wanted.required_compatibility,
        "fields": wanted.fields,
    }
    return body | ({"callback_url": callback_url} if callback_url else {})


def _show(output: Output, done: Subscribed) -> None:
    one = done.subscription
    told = f"{one.consumer} to {', '.join(one.fields) or 'all fields'} of {one.layer} {one.dataset}"
    if done.known:
        output.say(f"already subscribed: {told}")
    elif done.dry_run:
        output.say(f"would be subscribed: {told}; nothing was (--dry-run)")
    else:
        output.say(f"subscribed: {told}")
    if done.secret:
        output.say(f"secret of the callback, shown this once: {done.secret}")
    output.result(done)
