"""`hallmark contracts check`: what differs from the contracts in force, and whom it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from contracts.compatibility import Finding
from contracts.contract import Contract, Key
from contracts.lineage import Lineage, Reached, below, exposures
from contracts.publication import Breaks, Kind, Step, by_rules, plan
from contracts.published import Published
from contracts.sql_reads import ALL
from scripts.console import Output
from scripts.contracts.current_contracts import Current, current, today
from scripts.contracts.in_force import in_registry
from scripts.contracts.published_files import last_versions, versions_at
from scripts.contracts.registry_client import Broken, configured, needed
from scripts.dbt import Manifest, parsed_manifest
from scripts.models.column_lineage import column_lineage, stored_as

REGISTRY = "registry"


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Where a field goes: columns made of it by table, tables whose rows it decides, readers.

    `table` and `column` are where it is stored first; the column `*` is the whole table.
    """

    field: str
    table: str
    column: str
    columns: dict[str, tuple[str, ...]]
    rows: tuple[str, ...]
    exposures: list[str]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that differs; `version` is the one in force, 0 for none."""

    layer: str
    dataset: str
    kind: Kind
    version: int
    breaking: bool
    private: bool
    findings: list[Finding]
    hits: list[Hit]
    subscribers: list[Broken]
    remedy: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """`against` is what was compared with; `unread` are layers that could not be looked at."""

    against: str
    breaking: bool
    contracts: list[Checked]
    unread: list[str]


@dataclass
class InForce:
    """What is compared with, and who is asked whether a change breaks."""

    told: str
    versions: dict[Key, Published]
    breaking: Breaks = by_rules
    broken: dict[Key, list[Broken]] = field(default_factory=dict)


def check(output: Output, *, against: str | None) -> bool:
    """Prints each contract that differs; True when no reader breaks.

    Raises CFG001 for a contract or commit that cannot be read, BUILD001 when dbt cannot parse,
    EXT001 when the registry does not answer.
    """
    with output.step("contracts"):
        manifest = parsed_manifest()
        found = current(manifest)
        base = _in_force(against, found)
        steps = plan(base.versions, found.contracts, found.layers, base.breaking)
    checked = _checked(output, manifest, steps, base)
    result = Check(
        against=base.told,
        breaking=any(each.breaking and not each.private for each in checked),
        contracts=checked,
        unread=sorted({"raw"} - found.layers),
    )
    _show(output, result)
    return not result.breaking


def _in_force(against: str | None, found: Current) -> InForce:
    """The registry when it is asked for, or configured and nothing else is asked for."""
    published = last_versions(today())
    registry = needed() if against == REGISTRY else None if against else configured()
    if registry:
        asked = in_registry(registry, sorted({*published, *found.contracts}), today())
        told = f"the registry at {registry.url}"
        return InForce(told, asked.versions, asked.breaking, asked.broken)
    if against:
        return InForce(against, versions_at(against, today()))
    return InForce("contracts/published", published)


def _checked(output: Output, manifest: Manifest, steps: list[Step], base: InForce) -> list[Checked]:
    """The steps with all who are hit, breaking ones first; without findings no SQL is compiled."""
    hitting = [step for step in steps if any(_hits(finding) for finding in step.findings)]
    before = [base.versions[step.key].contract for step in hitting if step.key in base.versions]
    known = column_lineage(output, manifest, before) if hitting else {}
    checked = [
        Checked(
            layer=step.key.layer,
            dataset=f"{step.key.namespace}.{step.key.name}",
            kind=step.kind,
            version=step.published.number - 1,
            breaking=step.breaking,
            private=step.published.contract.is_private,
            findings=step.findings,
            hits=_reached(step, known, manifest),
            subscribers=base.broken.get(step.key, []),
            remedy=step.remedy,
        )
        for step in steps
    ]
    return sorted(checked, key=lambda each: not each.breaking)


def _hits(finding: Finding) -> bool:
    return finding.level != "info"


def _reached(step: Step, known: Lineage, manifest: Manifest) -> list[Hit]:
    """Of each field with a finding that readers may notice, once."""
    fields = dict.fromkeys(finding.field for finding in step.findings if _hits(finding))
    return [_hit(step.published.contract, field, known, manifest) for field in fields]


def _hit(contract: Contract, field: str, known: Lineage, manifest: Manifest) -> Hit:
    table, column = stored_as(contract), field or ALL
    reached: Reached = below(known, table, column)
    return Hit(
        field=field,
        table=table,
        column=column,
        columns=reached.columns,
        rows=reached.rows,
        exposures=exposures(manifest, [table, *reached.tables]),
    )


def _show(output: Output, result: Check) -> None:
    for each in result.contracts:
        show(output, each)
    count = sum(each.breaking and not each.private for each in result.contracts)
    if not result.contracts:
        output.say(f"every contract is as in {result.against}")
    else:
        output.say(
            f"{len(result.contracts)} contracts differ from {result.against}, {count} break"
            " readers; `hallmark contracts publish` writes their next versions"
        )
    for layer in result.unread:
        output.say(f"{layer} was not looked at: there is no warehouse yet (`hallmark load`)")
    output.result(result)


def show(output: Output, one: Checked) -> None:
    word = ("BREAKING" if not one.private else "breaks its own group") if one.breaking else one.kind
    facts = [(finding.rule, f"{finding.message}; {finding.hint}") for finding in one.findings]
    for hit in one.hits:
        facts += _facts(hit)
    for broken in one.subscribers:
        facts.append(("subscriber", f"{broken.consumer}: {'; '.join(broken.reasons)}"))
    facts.append(("way out", one.remedy))
    version = f"version {one.version}" if one.version else "not published yet"
    output.block(f"{word}: {one.layer} {one.dataset} ({version})", facts)


def _facts(hit: Hit) -> list[tuple[str, str]]:
    start = f"{hit.table}.{hit.column}"
    made = [f"{table}.{', '.join(columns)}" for table, columns in hit.columns.items()]
    return [
        ("goes to", " → ".join([start, *made])),
        ("decides the rows of", ", ".join(hit.rows)),
        ("exposures", ", ".join(hit.exposures)),
    ]
