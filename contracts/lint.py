"""What a contract lacks, or says in a way that the house does not: findings with their lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from contracts.yaml_text import value

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_+[a-z0-9]+)*")
_PERSONAL = re.compile(
    r"(^|_)(e?mail|phone|mobile|fax|birth(day|date)?|ssn|passport|iban|postal_code|first_?name"
    r"|last_?name|full_?name|street|line[12]|ip_address)(_(?!check$)|$)"
)
_CLASSIFIED = ("pii", "restricted", "internal", "public")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """`rule` is what was broken; `file` counts from the project, `line` from 1."""

    file: str
    line: int
    rule: str
    subject: str
    message: str


@dataclass(frozen=True)
class Part:
    """A field or column as it is written. `type` is logical at an API, SQL's of a column."""

    name: str
    type: str
    description: str
    classification: str
    line: int


@dataclass(frozen=True)
class PartRule:
    """When a part is at fault; `message` says what to do."""

    name: str
    when: Callable[[Part], bool]
    message: str


DESCRIBED = PartRule(
    name="description",
    when=lambda part: not part.description.strip(),
    message="has no description: say what it means, and its unit",
)
CLASSIFICATION = PartRule(
    name="classification",
    when=lambda part: bool(_PERSONAL.search(_snake(part.name))) and not part.classification,
    message="looks personal: classify it as pii, or as internal or public when it is not",
)
KNOWN_CLASS = PartRule(
    name="classification",
    when=lambda part: part.classification not in ("", *_CLASSIFIED),
    message=f"has an unknown classification: {', '.join(_CLASSIFIED)} are known",
)
FIELD_RULES = (DESCRIBED, CLASSIFICATION, KNOWN_CLASS)
COLUMN_RULES = (
    *FIELD_RULES,
    PartRule(
        name="naming",
        when=lambda part: not _SNAKE.fullmatch(part.name),
        message="is not snake_case",
    ),
    PartRule(
        name="naming",
        when=lambda part: part.type == "boolean" and not re.match("(is|has)_", part.name),
        message="is a boolean: its name begins with is_ or has_",
    ),
    PartRule(
        name="naming",
        when=lambda part: part.type == "date" and not re.search("_(date|month)$", part.name),
        message="is a date: its name ends in _date, or in _month of a month's first day",
    ),
    PartRule(
        name="naming",
        when=lambda part: part.type == "timestamp" and not re.search("_(at|from|to)$", part.name),
        message="is a moment: its name ends in _at, _from or _to",
    ),
)


def lint_entity(text: str, file: str, stem: str) -> Iterator[Fault]:
    """Faults of an API's contract of one entity, an ODCS document named `<stem>.yaml`.

    Raises `yaml.YAMLError` when it is none.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    table = value(root, "schema").value[0]
    line = _line(table)

    def fault(rule: str, message: str, at: int = line) -> Fault:
        return Fault(file=file, line=at, rule=rule, subject=stem, message=message)

    if not _text(table, "description"):
        yield fault("description", "has no description: begin it with the grain, One row per …")
    if not _SNAKE.fullmatch(stem):
        yield fault("naming", "is not snake_case")
    if (_text(root, "name"), _text(table, "name")) != (stem, stem):
        yield fault("naming", "is not named as its file", 1)
    properties = value(table, "properties")
    keys = [each for each in properties.value if _text(each, "primaryKey") == "true"]
    if len(keys) != 1:
        yield fault("key", f"has {len(keys)} primary keys; an entity has exactly one")
    for part in _fields(properties, ""):
        yield from _broken(part, FIELD_RULES, file, f"{stem}.{part.name}")


def lint_source(text: str, file: str, name: str) -> Iterator[Fault]:
    """Faults of a source's own contract. Raises `yaml.YAMLError` when it is none."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for rule, key in (("owner", "owner"), ("description", "description")):
        if not _text(root, key):
            yield Fault(file=file, line=1, rule=rule, subject=name, message=f"has no {rule}")


def lint_model(node: Mapping[str, Any], text: str, file: str, *, owner: str) -> Iterator[Fault]:
    """Faults of a model whose contract dbt enforces; `text` is the YAML that describes it."""
    lines = _Lines(text, node["name"])

    def fault(rule: str, message: str) -> Fault:
        return Fault(
            file=file, line=lines.of_model, rule=rule, subject=node["name"], message=message
        )

    if not owner:
        yield fault("owner", "has no owner: give it a group, or meta: {owner: …}")
    if not node["description"].startswith("One row per "):
        yield fault("description", "does not begin with its grain, One row per …")
    if not _SNAKE.fullmatch(node["name"]):
        yield fault("naming", "is not snake_case")
    if not node["primary_key"] and not _declares_key(node):
        yield fault("key", "has no primary key constraint")
    for name, column in node["columns"].items():
        part = Part(
            name=name,
            type=(column["data_type"] or "").lower(),
            description=column["description"],
            classification=column["config"]["meta"].get("classification", ""),
            line=lines.of_column(name),
        )
        yield from _broken(part, COLUMN_RULES, file, f"{node['name']}.{name}")


def _declares_key(node: Mapping[str, Any]) -> bool:
    held = [*node["constraints"]]
    held += [each for column in node["columns"].values() for each in column["constraints"]]
    return any(each["type"] == "primary_key" for each in held)


class _Lines:
    """Where a model and its columns stand in a YAML file; what it inherits, at the model."""

    def __init__(self, text: str, model: str) -> None:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        models = value(root, "models")
        found = [each for each in models.value if _text(each, "name") == model] if models else []
        self.of_model = _line(found[0]) if found else 1
        self._columns: dict[str, int] = {}
        for each in found:
            for column in getattr(value(each, "columns"), "value", ()):
                self._columns[_text(column, "name")] = _line(column)

    def of_column(self, name: str) -> int:
        return self._columns.get(name, self.of_model)


def _broken(part: Part, rules: tuple[PartRule, ...], file: str, subject: str) -> Iterator[Fault]:
    for rule in rules:
        if rule.when(part):
            yield Fault(
                file=file, line=part.line, rule=rule.name, subject=subject, message=rule.message
            )


def _fields(properties: Any, above: str) -> Iterator[Part]:
    for node in properties.value if properties else ():
        name = above + _text(node, "name")
        yield Part(
            name=name,
            type=_text(node, "logicalType"),
            description=_text(node, "description"),
            classification=_text(node, "classification"),
            line=_line(node),
        )
        nested = value(node, "properties") or value(value(node, "items"), "properties")
        yield from _fields(nested, f"{name}.")


def _text(node: Any, key: str) -> str:
    found = value(node, key)
    return str(found.value) if isinstance(found, yaml.ScalarNode) else ""


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _snake(name: str) -> str:
    """The last part of a dotted name; `firstName` is first_name."""
    last = name.rpartition(".")[2]
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", last).lower()
