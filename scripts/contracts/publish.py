"""`hallmark contracts publish`: writes the next versions, and registers them."""

from __future__ import annotations

import msgspec

from contracts.publication import Step, plan
from scripts.console import Output
from scripts.contracts.current_contracts import current, today
from scripts.contracts.published_files import last_versions, path_of, write
from scripts.contracts.registration import Registrar, Registration
from scripts.contracts.registry_client import configured
from scripts.dbt import parsed_manifest


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A version and its file; a refused one was not written, `remedy` says what to do instead."""

    layer: str
    dataset: str
    version: int
    kind: str
    breaking: bool
    file: str
    remedy: str


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing was written when it was a `dry_run`, or when any version was refused."""

    dry_run: bool
    refused: bool
    versions: list[Written]
    registered: Registration | None
    unread: list[str]


def publish(output: Output, *, dry_run: bool, url: str | None) -> bool:
    """Writes a file for each contract that differs from its last version; True when all is done.

    One that is refused keeps all from being written. With a registry every version that it lacks
    is registered, also such as were written before. Raises CFG001, BUILD001, EXT001, AUTH001,
    STATE001.
    """
    registry = configured(url)
    with output.step("publish"):
        manifest = parsed_manifest()
        found = current(manifest)
        steps = plan(last_versions(today()), found.contracts, found.layers)
        refused = any(step.refused for step in steps)
        registrar = None
        if registry and not refused:
            registrar = Registrar.of(registry, dry_run=dry_run, watch=output.progress)
        if not (dry_run or refused):
            for step in steps:
                write(step.published)
        registered = registrar.register(manifest, steps) if registrar else None
    publication = Publication(
        dry_run=dry_run,
        refused=refused,
        versions=[_written(step) for step in steps],
        registered=registered,
        unread=sorted({"raw"} - found.layers),
    )
    _show(output, publication)
    return not refused and not (registered and registered.waiting)


def _written(step: Step) -> Written:
    key, path = step.key, path_of(step.published)
    return Written(
        layer=key.layer,
        dataset=f"{key.namespace}.{key.name}",
        version=step.published.number,
        kind=step.kind,
        breaking=step.breaking,
        file="/".join(("contracts", "published", *path.parts[-3:])),
        remedy=step.remedy,
    )


def _show(output: Output, done: Publication) -> None:
    for each in done.versions:
        if each.remedy:
            title = f"REFUSED: {each.layer} {each.dataset} breaks readers"
            output.block(title, [("way out", each.remedy)])
        else:
            output.say(f"{each.kind}: {each.layer} {each.dataset}, {each.file}")
    count = len(done.versions)
    if done.refused:
        output.say("nothing was published: `hallmark contracts check` tells whom it breaks")
    elif not count:
        output.say("every contract is published as it is")
    elif done.dry_run:
        output.say(f"{count} versions would be written; nothing was (--dry-run)")
    else:
        output.say(f"{count} versions written: commit contracts/published")
    if done.registered:
        _show_registered(output, done.registered, dry_run=done.dry_run)
    for layer in done.unread:
        output.say(f"{layer} was not published: there is no warehouse yet (`hallmark load`)")
    output.result(done)


def _show_registered(output: Output, one: Registration, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    for version in one.versions:
        output.say(f"{would}registered: {version}")
    for each in one.waiting:
        output.block(
            f"WAITS FOR AN OPERATOR: {each.version}", [("because", each.why), ("do", each.next)]
        )
    output.say(
        f"{one.url}: {len(one.versions)} versions {would}registered,"
        f" {one.subscribed} exposures {would}subscribed, {one.ended} {would}taken back"
    )
