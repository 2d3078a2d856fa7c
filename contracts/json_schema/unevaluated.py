"""What unevaluatedProperties and unevaluatedItems are about, as far as the schema alone tells.

What a branch of anyOf, oneOf, if or dependentSchemas evaluates depends on the document. Then only
bounds are known: what is evaluated for certain, and what may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from contracts.json_schema.atoms import ARRAY, OBJECT, Atom, Items, Shape
from contracts.json_schema.drafts import Draft
from contracts.json_schema.nodes import Node


@dataclass(frozen=True)
class Cover:
    """What is evaluated: properties by name and by pattern, the first `items`, or everything."""

    names: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    items: int = 0
    everything: bool = False

    def __or__(self, other: Cover) -> Cover:
        return Cover(
            self.names | other.names,
            self.patterns | other.patterns,
            max(self.items, other.items),
            self.everything or other.everything,
        )


Bounds = tuple[Cover, Cover]
_NONE = Cover()
_ALL = Cover(everything=True)


def unevaluated(node: Node) -> Iterator[Atom]:
    for keyword, types, own, bounded in (
        ("unevaluatedProperties", OBJECT, _own_properties, _shape),
        ("unevaluatedItems", ARRAY, _own_items, _items),
    ):
        if keyword in node.raw:
            certain, possible = _bounds(node, own, frozenset(), inside=False)
            rest = node.inside(node.raw[keyword])
            if certain.everything or rest is node.world.true:
                continue
            stronger = bounded(certain, rest)
            if certain == possible:
                yield stronger
            else:
                weaker = None if possible.everything else bounded(possible, rest)
                yield Atom("between", types, (weaker, stronger))


def _shape(cover: Cover, rest: Node) -> Atom:
    true = rest.world.true
    patterns = tuple((pattern, true) for pattern in sorted(cover.patterns))
    return Atom("shape", OBJECT, Shape(dict.fromkeys(sorted(cover.names), true), patterns, rest))


def _items(cover: Cover, rest: Node) -> Atom:
    return Atom("items", ARRAY, Items((rest.world.true,) * cover.items, rest))


def _own_properties(raw: dict[str, Any], draft: Draft, inside: bool) -> Bounds:
    own = Cover(
        names=frozenset(raw.get("properties", ())),
        patterns=frozenset(raw.get("patternProperties", ())),
        everything="additionalProperties" in raw or (inside and "unevaluatedProperties" in raw),
    )
    return own, own


def _own_items(raw: dict[str, Any], draft: Draft, inside: bool) -> Bounds:
    """What `contains` matches is evaluated in 2020-12, and for some validators in 2019-09."""
    everything = inside and "unevaluatedItems" in raw
    listed = raw.get("items")
    if draft >= Draft.DRAFT_2020_12:
        first, rest = raw.get("prefixItems", ()), "items" in raw
    elif isinstance(listed, list):
        first, rest = listed, "additionalItems" in raw
    else:
        first, rest = (), listed is not None
    own = Cover(items=len(first), everything=everything or rest)
    return own, own | _ALL if "contains" in raw else own


def _bounds(
    node: Node,
    own: Callable[[dict[str, Any], Draft, bool], Bounds],
    seen: frozenset[Node],
    *,
    inside: bool = True,
) -> Bounds:
    raw = node.raw
    if not isinstance(raw, dict):
        return _NONE, _NONE
    if node in seen:
        return _NONE, _ALL
    certain, possible = own(raw, node.document.draft, inside)
    for child in _always(node):
        if child is None:
            possible |= _ALL
        else:
            one, other = _bounds(child, own, seen | {node})
            certain, possible = certain | one, possible | other
    for child in _sometimes(node):
        possible |= _bounds(child, own, seen | {node})[1]
    return certain, possible


def _always(node: Node) -> Iterator[Node | None]:
    """What every document that fits the node fits as well; None where it is not known."""
    raw = node.raw
    if "$ref" in raw:
        found = node.document.resolve(raw["$ref"], node.base)
        yield node.world.node(node.document, *found) if found else None
    if "$dynamicRef" in raw or "$recursiveRef" in raw:
        yield None
    yield from map(node.inside, raw.get("allOf", ()))


def _sometimes(node: Node) -> Iterable[Node]:
    raw = node.raw
    listed = [*raw.get("anyOf", ()), *raw.get("oneOf", ())]
    listed += [raw[keyword] for keyword in ("if", "then", "else") if keyword in raw]
    listed += list(raw.get("dependentSchemas", {}).values())
    return map(node.inside, listed)
