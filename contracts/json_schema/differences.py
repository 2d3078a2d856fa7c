"""Compares a schema with its next version, keyword by keyword: facts, no verdicts.

Of what is composed of other schemas it is a fact whether it takes more or fewer documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from contracts.diff import ROW, Change, Op, Place
from contracts.json_schema import json_text
from contracts.json_schema.atoms import key_of, matches
from contracts.json_schema.drafts import Draft
from contracts.json_schema.inclusion import Inclusions
from contracts.json_schema.nodes import Node
from contracts.json_schema.references import ASSERTIONS

Effect = Literal["same", "widened", "narrowed", "changed"]
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
PLAIN = ("type", *LOWER, *UPPER, "multipleOf", "pattern", "format", "uniqueItems")
ANNOTATIONS = (
    *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
    *("contentMediaType", "contentEncoding", "$comment", "$schema", "$id", "id"),
)
# The keywords that say something together, by the one that the change is named after.
COMPOSED = {
    **{keyword: (keyword,) for keyword in ("allOf", "anyOf", "oneOf", "not", "propertyNames")},
    "if": ("if", "then", "else"),
    "contains": ("contains", "minContains", "maxContains"),
    "items": ("prefixItems", "items", "additionalItems"),
    "patternProperties": ("patternProperties",),
    "additionalProperties": ("additionalProperties",),
    "dependencies": ("dependencies", "dependentRequired", "dependentSchemas"),
    "unevaluatedProperties": ("unevaluatedProperties",),
    "unevaluatedItems": ("unevaluatedItems",),
    "$ref": ("$ref", "$dynamicRef", "$recursiveRef"),
}
_WITH_NEIGHBOURS = ("unevaluatedProperties", "unevaluatedItems")
_MOST_PAIRS = 10_000
_MOST_LEVELS = 60


def differences(inclusions: Inclusions, *, depth: int | None = None) -> list[Change]:
    """What the new schema says otherwise. Deeper than `depth` fields it is one of `contents`.

    `path` and `field` are where in a document it is, "" for the whole; `schema_path` where in the
    schema. A change of something composed is named by the keyword and its effect.
    """
    walk = _Walk(inclusions, _MOST_LEVELS if depth is None else min(depth, _MOST_LEVELS))
    return list(walk.pair(*inclusions.nodes, ROW, "", 0))


class _Walk:
    def __init__(self, inclusions: Inclusions, depth: int) -> None:
        self._inclusions = inclusions
        self._depth = depth
        self._left = _MOST_PAIRS
        self._under_way: set[tuple[Node, Node]] = set()

    def pair(self, old: Node, new: Node, at: Place, where: str, level: int) -> Iterator[Change]:
        """What differs between two schemas that stand for the same place."""
        if old is new and json_text.encode(old.raw) == json_text.encode(new.raw):
            return
        old, new = self._followed(old), self._followed(new)
        if (old, new) in self._under_way:
            return
        self._left -= 1
        folded = level >= self._depth or self._left < 0
        if folded or isinstance(old.raw, bool) or isinstance(new.raw, bool):
            if old is not new:
                effect = self._inclusions.effect([old], [new])
                yield _change("change", f"contents, {effect}", old.raw, new.raw, at, where)
            return
        self._under_way.add((old, new))
        yield from self._keywords(old, new, at, where)
        yield from self._properties(old, new, at, where, level)
        yield from self._composed(old, new, at, where, level)
        self._under_way.discard((old, new))

    def _followed(self, node: Node) -> Node:
        """What a mere reference refers to."""
        while isinstance(node.raw, dict) and isinstance(node.raw.get("$ref"), str):
            if node.document.draft > Draft.DRAFT_7 and node.raw.keys() & ASSERTIONS != {"$ref"}:
                break
            found = node.document.resolve(node.raw["$ref"], node.base)
            if found is None:
                break
            node = node.world.node(node.document, *found)
        return node

    def _keywords(self, old: Node, new: Node, at: Place, where: str) -> Iterator[Change]:
        before, after = _plain(old), _plain(new)
        for keyword in (*PLAIN, *ANNOTATIONS):
            if keyword in before or keyword in after:
                values = before.get(keyword), after.get(keyword)
                yield from _compared(keyword, *values, at, f"{where}/{keyword}")
        yield from _values(before, after, at, where)
        had, has = set(before.get("required", ())), set(after.get("required", ()))
        for name in sorted(had ^ has):
            values = (name if name in had else None, name if name in has else None)
            yield from _compared("required", *values, at.below(name), f"{where}/required")

    def _properties(
        self, old: Node, new: Node, at: Place, where: str, level: int
    ) -> Iterator[Change]:
        before, after = old.raw.get("properties", {}), new.raw.get("properties", {})
        for name, raw in before.items():
            inside = f"{where}/properties{json_text.pointer([name])}"
            if name in after:
                pair = old.inside(raw), new.inside(after[name])
                if pair[0] is not pair[1] or pair[0].raw is not raw or raw != after[name]:
                    yield from self.pair(*pair, at.below(name), inside, level + 1)
            else:
                rule = self._alone(name, old, new, goes=True)
                yield _change("remove", rule, raw, None, at.below(name), inside)
        for name in after.keys() - before.keys():
            inside = f"{where}/properties{json_text.pointer([name])}"
            rule = self._alone(name, new, old, goes=False)
            yield _change("add", rule, None, after[name], at.below(name), inside)

    def _alone(self, name: str, having: Node, lacking: Node, *, goes: bool) -> str:
        """A property that one side names, by what the other side takes under that name."""
        node = having.inside(having.raw["properties"][name])
        covers = _covering(lacking, name)
        false = node.world.false
        if not covers:
            model = "open" if node is not node.world.true else "open to anything"
        elif false in covers:
            model = "closed" if node is not false else "closed to anything"
        else:
            sides = ([node], covers) if goes else (covers, [node])
            model = f"partially open, {self._inclusions.effect(*sides)}"
        return f"property, {model}"

    def _composed(
        self, old: Node, new: Node, at: Place, where: str, level: int
    ) -> Iterator[Change]:
        for keyword, group in COMPOSED.items():
            before, after = ({each: node.raw[each] for each in group if each in node.raw} for node in (old, new))
            if not before and not after:
                continue
            pair = old.inside(_alone(keyword, before, old, new)), new.inside(_alone(keyword, after, new, old))
            if pair[0] is pair[1]:
                continue
            yield from self._inside(keyword, before, after, pair, at, where, level)
'''
'''
