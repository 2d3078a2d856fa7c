"""What each keyword says, as atoms, and in which drafts it says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from contracts.json_schema.atoms import (
    ARRAY,
    EVERY,
    INTEGER,
    MASKS,
    NUMBER,
    OBJECT,
    STRING,
    Atom,
    Items,
    Shape,
    values,
)
from contracts.json_schema.drafts import Draft
from contracts.json_schema.nodes import Node
from contracts.json_schema.pattern_text import UnknownPatternError, language_of
from contracts.json_schema.patterns import ANYTHING
from contracts.json_schema.unevaluated import unevaluated

Reader = Callable[[Node, Any], Iterator[Atom]]


def atoms(node: Node) -> tuple[Atom, ...]:
    """The atoms whose conjunction the schema is."""
    if node.atoms is None:
        node.atoms = tuple(_atoms(node))
    return node.atoms  # type: ignore[no-any-return]


def types_of(node: Node) -> int:
    """The types that its own `type` allows."""
    if node.types is None:
        node.types = EVERY
        for atom in atoms(node):
            node.types &= atom.data if atom.kind == "type" else EVERY
    return node.types


def _atoms(node: Node) -> Iterator[Atom]:
    raw, draft = node.raw, node.document.draft
    if raw is False:
        yield Atom("type", EVERY, 0)
    if isinstance(raw, bool):
        return
    if "$ref" in raw:
        yield from _reference(node, raw["$ref"])
        if draft <= Draft.DRAFT_7:
            return
    for keyword, (since, reader) in _READERS.items():
        if keyword in raw and draft >= since:
            yield from reader(node, raw[keyword])
    if draft >= Draft.DRAFT_2019_09:
        yield from unevaluated(node)


def _reference(node: Node, reference: str) -> Iterator[Atom]:
    found = node.document.resolve(reference, node.base)
    if found:
        yield Atom("all", EVERY, (node.world.node(node.document, *found),))
    else:
        yield Atom("opaque", EVERY, node)


def _dynamic(node: Node, reference: Any) -> Iterator[Atom]:
    """As `$ref`, where nothing can take the place of what it refers to."""
    anchors = node.document.dynamic_anchors
    if not isinstance(reference, str):
        return
    if node.document.single and len(anchors) == len(set(anchors)):
        yield from _reference(node, reference)
    else:
        yield Atom("opaque", EVERY, node)


def _type(node: Node, names: str | list[str]) -> Iterator[Atom]:
    mask = 0
    for name in [names] if isinstance(names, str) else names:
        whole = name == "integer" and node.document.draft is Draft.DRAFT_4
        mask |= INTEGER if whole else MASKS[name]
    yield Atom("type", EVERY, mask)


def _enum(node: Node, listed: list[Any]) -> Iterator[Atom]:
    yield Atom("values", EVERY, values(listed))


def _const(node: Node, value: Any) -> Iterator[Atom]:
    yield Atom("values", EVERY, values([value]))


def _bound(kind: str, types: int) -> Reader:
    def read(node: Node, bound: Any) -> Iterator[Atom]:
        if kind == "upper" or types == NUMBER or bound > 0:
            yield Atom(kind, types, (Fraction(bound), False))

    return read


def _limit(kind: str, exclusive: str) -> Reader:
    def read(node: Node, bound: Any) -> Iterator[Atom]:
        """In draft 4 the exclusive form is a flag beside it."""
        is_open = node.document.draft is Draft.DRAFT_4 and node.raw.get(exclusive) is True
        yield Atom(kind, NUMBER, (Fraction(bound), is_open))

    return read


def _exclusive(kind: str) -> Reader:
    def read(node: Node, bound: Any) -> Iterator[Atom]:
        yield Atom(kind, NUMBER, (Fraction(bound), True))

    return read


def _multiple(node: Node, divisor: Any) -> Iterator[Atom]:
    yield Atom("multiple", NUMBER, Fraction(divisor))


def _pattern(node: Node, pattern: str) -> Iterator[Atom]:
    if not matches_everything(pattern):
        yield Atom("pattern", STRING, pattern)


def matches_everything(pattern: str) -> bool:
    try:
        return language_of(pattern) == ANYTHING
    except UnknownPatternError:
        return False


def _unique(node: Node, wanted: bool) -> Iterator[Atom]:
    if wanted:
        yield Atom("unique", ARRAY, None)


def _required(node: Node, names: list[str]) -> Iterator[Atom]:
    for name in names:
        yield Atom("has", OBJECT, name)


def _needs(node: Node, needed: dict[str, list[str]]) -> Iterator[Atom]:
    for name, names in needed.items():
        yield Atom("needs", OBJECT, (name, tuple(sorted(names))))


def _then(node: Node, schemas: dict[str, Any]) -> Iterator[Atom]:
    for name, raw in schemas.items():
        yield Atom("then", OBJECT, (name, node.inside(raw)))


def _dependencies(node: Node, needed: dict[str, Any]) -> Iterator[Atom]:
    if node.document.draft >= Draft.DRAFT_2019_09:
        yield Atom("opaque", OBJECT, node)  # gone from the drafts, though not from validators
        return
    for name, what in needed.items():
        yield from (_needs if isinstance(what, list) else _then)(node, {name: what})


def _names(node: Node, raw: Any) -> Iterator[Atom]:
    yield Atom("names", OBJECT, node.inside(raw))


def _shape(node: Node, _: Any) -> Iterator[Atom]:
    """The first of its three keywords yields it."""
    raw = node.raw
    if "properties" in raw or "patternProperties" in raw or "additionalProperties" in raw:
        named = {name: node.inside(child) for name, child in raw.get("properties", {}).items()}
        matched = raw.get("patternProperties", {}).items()
        patterns = tuple((pattern, node.inside(child)) for pattern, child in matched)
        rest = node.inside(raw.get("additionalProperties", True))
        yield Atom("shape", OBJECT, Shape(named, patterns, rest))


def _patterns(node: Node, value: Any) -> Iterator[Atom]:
    if "properties" not in node.raw:
        yield from _shape(node, value)


def _additional(node: Node, value: Any) -> Iterator[Atom]:
    if "properties" not in node.raw and "patternProperties" not in node.raw:
        yield from _shape(node, value)


def _items(node: Node, listed: Any) -> Iterator[Atom]:
    raw, draft = node.raw, node.document.draft
    if draft >= Draft.DRAFT_2020_12:
        first, rest = raw.get("prefixItems", ()), listed
    elif isinstance(listed, list):
        first, rest = listed, raw.get("additionalItems", True)
    else:
        first, rest = (), listed
    yield Atom("items", ARRAY, Items(tuple(map(node.inside, first)), node.inside(rest)))


def _prefix(node: Node, first: list[Any]) -> Iterator[Atom]:
    if "items" not in node.raw:
        yield from _items(node, True)


def _contains(node: Node, raw: Any) -> Iterator[Atom]:
    bounded = node.document.draft >= Draft.DRAFT_2019_09
    least = node.raw.get("minContains", 1) if bounded else 1
    most = node.raw.get("maxContains") if bounded else None
    child = node.inside(raw)
    if least > 0:
        yield Atom("at_least", ARRAY, (child, int(least)))
    if most is not None:
        yield Atom("at_most", ARRAY, (child, int(most)))


def _combined(kind: str) -> Reader:
    def read(node: Node, listed: list[Any]) -> Iterator[Atom]:
        children = tuple(map(node.inside, listed))
        yield Atom("all" if len(children) == 1 else kind, EVERY, children)

    return read


def _not(node: Node, raw: Any) -> Iterator[Atom]:
    yield Atom("not", EVERY, (node.inside(raw),))


def _if(node: Node, raw: Any) -> Iterator[Atom]:
    branches = (raw, node.raw.get("then", True), node.raw.get("else", True))
    yield Atom("if", EVERY, tuple(map(node.inside, branches)))


_READERS: dict[str, tuple[Draft, Reader]] = {
    "type": (Draft.DRAFT_4, _type),
    "enum": (Draft.DRAFT_4, _enum),
    "const": (Draft.DRAFT_6, _const),
    "minimum": (Draft.DRAFT_4, _limit("lower", "exclusiveMinimum")),
    "maximum": (Draft.DRAFT_4, _limit("upper", "exclusiveMaximum")),
    "exclusiveMinimum": (Draft.DRAFT_6, _exclusive("lower")),
    "exclusiveMaximum": (Draft.DRAFT_6, _exclusive("upper")),
    "multipleOf": (Draft.DRAFT_4, _multiple),
    "minLength": (Draft.DRAFT_4, _bound("lower", STRING)),
    "maxLength": (Draft.DRAFT_4, _bound("upper", STRING)),
    "pattern": (Draft.DRAFT_4, _pattern),
    "minItems": (Draft.DRAFT_4, _bound("lower", ARRAY)),
    "maxItems": (Draft.DRAFT_4, _bound("upper", ARRAY)),
    "uniqueItems": (Draft.DRAFT_4, _unique),
    "items": (Draft.DRAFT_4, _items),
    "prefixItems": (Draft.DRAFT_2020_12, _prefix),
    "contains": (Draft.DRAFT_6, _contains),
    "minProperties": (Draft.DRAFT_4, _bound("lower", OBJECT)),
    "maxProperties": (Draft.DRAFT_4, _bound("upper", OBJECT)),
    "required": (Draft.DRAFT_4, _required),
    "dependencies": (Draft.DRAFT_4, _dependencies),
    "dependentRequired": (Draft.DRAFT_2019_09, _needs),
    "dependentSchemas": (Draft.DRAFT_2019_09, _then),
    "propertyNames": (Draft.DRAFT_6, _names),
    "properties": (Draft.DRAFT_4, _shape),
    "patternProperties": (Draft.DRAFT_4, _patterns),
    "additionalProperties": (Draft.DRAFT_4, _additional),
    "allOf": (Draft.DRAFT_4, _combined("all")),
    "anyOf": (Draft.DRAFT_4, _combined("any")),
    "oneOf": (Draft.DRAFT_4, _combined("one")),
    "not": (Draft.DRAFT_4, _not),
    "if": (Draft.DRAFT_7, _if),
    "$recursiveRef": (Draft.DRAFT_2019_09, _dynamic),
    "$dynamicRef": (Draft.DRAFT_2020_12, _dynamic),
}
