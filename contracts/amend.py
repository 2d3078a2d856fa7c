"""Brings a contract's text up to what was observed, as far as that can be done without a person.

Nothing is guessed: kinds of value that no type reads together, and what concerns a key, money or a
moment in time, is told instead. Text is changed at single places, so that comments stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date

import msgspec
import yaml

from contracts.diff import READS, walk
from contracts.odcs import Entity, Field, LogicalType
from contracts.yaml_text import YamlText, item, scalar, value
from dlt_pipelines.control.drift import Recorded
from dlt_pipelines.errors import ConfigurationError

PHYSICAL_TYPES: dict[LogicalType, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "object": "JSON",
    "array": "JSON",
}


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """A contract's new text and what changed in it; `undecided` is left to a person."""

    text: str
    changes: tuple[str, ...]
    undecided: tuple[str, ...]
    breaking: bool


class _UndecidedError(Exception):
    """Why a drift cannot be accepted without a person."""


@dataclass(frozen=True)
class _Contract:
    """A contract as values and as text; `nodes` are the fields' places in it by dotted name."""

    entity: Entity
    fields: dict[str, Field]
    text: YamlText
    nodes: dict[str, yaml.Node]

    def properties(self, holder: str) -> yaml.SequenceNode:
        """The list of the fields of an object or array, "" for the row's own."""
        found = _properties(self.nodes[holder]) if holder else _row_properties(self.text)
        if found is None or found.flow_style:
            raise _UndecidedError(f"{holder} does not list its fields line by line")
        return found


def amend(text: str, entity: Entity, drift: Iterable[Recorded], today: date) -> Amendment:
    """The contract that `text` holds and `entity` is, as it has to be to accept the drift.

    What it accepts already changes nothing. A breaking change bumps the major version, a compatible
    one the minor. Raises CFG001 when the version is not of three numbers.
    """
    document = YamlText(text)
    nodes = dict(_walk(_row_properties(document)))
    fields = {place.field: field for place, field in walk(entity.fields)}
    contract = _Contract(entity, fields, document, nodes)
    changes: list[str] = []
    undecided: list[str] = []
    breaking = False
    for one in drift:
        try:
            change = ACCEPT[one.kind](contract, one)
        except _UndecidedError as reason:
            undecided.append(f"{one.field}: {reason}")
            continue
        if change:
            changes.append(f"{one.field}: {change}")
            breaking = breaking or one.verdict == "breaking"
    if changes:
        updated = item(value(document.root, "customProperties"), "property", "lastUpdatedAt")
        _bump(document, value(updated, "value"), breaking, today)
    return Amendment(
        text=str(document), changes=tuple(changes), undecided=tuple(undecided), breaking=breaking
    )


def amend_source(text: str, *, breaking: bool, today: date) -> str:
    """The source's own contract with the next version, for one of its entities has changed."""
    document = YamlText(text)
    _bump(document, value(document.root, "lastUpdatedAt"), breaking, today)
    return str(document)


def _new_field(contract: _Contract, drift: Recorded) -> str:
    if drift.field in contract.fields or contract.entity.ignores(drift.field):
        return ""
    type_ = _type_of(set(drift.found))
    holder = max(
        (name for name in contract.fields if _is_in(drift.field, name)), key=len, default=""
    )
    name = drift.field.removeprefix(f"{holder}.") if holder else drift.field
    lines = [
        f"- name: {scalar(name)}",
        f"  logicalType: {type_}",
        f"  physicalType: {PHYSICAL_TYPES[type_]}",
        f"  description: First seen {drift.first_seen:%Y-%m-%d}; not described yet",
    ]
    contract.text.append_block(contract.properties(holder), lines)
    return f"added, {type_}; describe and classify it, or list it as ignored"


def _type_change(contract: _Contract, drift: Recorded) -> str:
    field = contract.fields.get(drift.field)
    if field is None or READS[field.type].issuperset(drift.found):
        return ""
    type_ = _type_of({field.type, *drift.found})
    if field.money or field.epoch or drift.field == contract.entity.key:
        raise _UndecidedError(f"it came as {drift.new}; a key, money and time stay {field.type}")
    node = contract.nodes[drift.field]
    contract.text.replace(value(node, "logicalType"), type_)
    contract.text.replace(value(node, "physicalType"), PHYSICAL_TYPES[type_])
    return f"{field.type} became {type_}; the stored column has to be rebuilt"


def _not_always_there(contract: _Contract, drift: Recorded) -> str:
    field = contract.fields.get(drift.field)
    if field is None:
        return ""
    if drift.verdict == "compatible":
        raise _UndecidedError("it is optional, and stopped coming; is it gone for good?")
    if not field.required:
        return ""
    if drift.field == contract.entity.key:
        raise _UndecidedError("rows without their key cannot be told apart")
    contract.text.replace(value(contract.nodes[drift.field], "required"), "false")
    return "no longer required"


def _new_value(contract: _Contract, drift: Recorded) -> str:
    field = contract.fields.get(drift.field)
    added = [text for text in drift.found if field and field.values and text not in field.values]
    if not added:
        return ""
    custom = value(contract.nodes[drift.field], "customProperties")
    contract.text.append_items(value(item(custom, "property", "values"), "value"), added)
    return f"may be {', '.join(added)}"


ACCEPT: dict[str, Callable[[_Contract, Recorded], str]] = {
    "new_field": _new_field,
    "type_change": _type_change,
    "missing_field": _not_always_there,
    "null_in_required": _not_always_there,
    "new_value": _new_value,
}
"""For each kind of drift what changes the text and says how, "" when nothing has to change."""


def _type_of(kinds: Set[str]) -> LogicalType:
    """The narrowest type that reads all these kinds of value."""
    for type_, reads in READS.items():
        if kinds and kinds <= reads:
            return type_
    raise _UndecidedError(f"no type reads {' and '.join(sorted(kinds)) or 'null alone'}")


def _is_in(field: str, holder: str) -> bool:
    return field.startswith(f"{holder}.")


def _row_properties(document: YamlText) -> yaml.SequenceNode | None:
    return _properties(value(document.root, "schema").value[0])


def _properties(node: yaml.Node) -> yaml.SequenceNode | None:
    found = value(node, "properties") or value(value(node, "items"), "properties")
    return found if isinstance(found, yaml.SequenceNode) else None


def _walk(properties: yaml.SequenceNode | None, at: str = "") -> Iterator[tuple[str, yaml.Node]]:
    for node in properties.value if properties else ():
        name = at + value(node, "name").value
        yield name, node
        yield from _walk(_properties(node), f"{name}.")


def _bump(document: YamlText, updated: yaml.ScalarNode | None, breaking: bool, today: date) -> None:
    version = value(document.root, "version")
    try:
        major, minor, _ = map(int, version.value.split("."))
    except ValueError:
        raise ConfigurationError(
            "a contract's version has three numbers", version=version.value
        ) from None
    document.replace(version, f"{major + 1}.0.0" if breaking else f"{major}.{minor + 1}.0")
    if updated is not None:
        document.replace(updated, f'"{today}"')
