"""Compares a schema with its next version, keyword by keyword: facts, no verdicts.

Of what is composed of other schemas it is a fact whether it takes more or fewer documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.diff import ROW, Change, Op, Place
from contracts.json_schema import json_text
from contracts.json_schema.atoms import key_of, matches
from contracts.json_schema.drafts import Draft
from contracts.json_schema.inclusion import Inclusions
from contracts.json_schema.nodes import Node
from contracts.json_schema.references import ASSERTIONS

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
PLAIN = ("type", *LOWER, *UPPER, "multipleOf", "pattern", "format", "uniqueItems")
ANNOTATIONS = (
    *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
    *("contentMediaType", "contentEncoding", "$comment", "$schema", "$id", "id"),
)
# What says something together, by the keyword that the change is named after.
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
_COMPOSING = frozenset(keyword for group in COMPOSED.values() for keyword in group)
_MOST_PAIRS = 10_000
_MOST_LEVELS = 60


def differences(inclusions: Inclusions, *, depth: int | None = None) -> list[Change]:
    """What the new schema says otherwise. Deeper than `depth` fields it is one of `contents`.

    `path` and `field` are where in a document it is, "" for the whole; `schema_path` where in the
    schema. What is composed is named by its keyword and what became of it.
    """
    walk = _Walk(inclusions, _MOST_LEVELS if depth is None else min(depth, _MOST_LEVELS))
    raws = inclusions.base.value, inclusions.new.value
    old, new = map(_Part, raws, inclusions.nodes)
    return list(walk.pair(old, new, ROW, "", 0))


@dataclass(frozen=True, slots=True)
class _Part:
    """A schema inside one of the two: as it is written, and what it means."""

    raw: Any
    node: Node

    def inside(self, raw: Any) -> _Part:
        return _Part(raw, self.node.inside(raw))

    def same(self, other: _Part) -> bool:
        return self.node is other.node and _same(self.raw, other.raw)


class _Walk:
    def __init__(self, inclusions: Inclusions, depth: int) -> None:
        self._effect = inclusions.effect
        self._depth = depth
        self._left = _MOST_PAIRS
        self._under_way: set[tuple[Node, Node]] = set()

    def pair(self, old: _Part, new: _Part, at: Place, where: str, level: int) -> Iterator[Change]:
        """What differs between two schemas that stand for the same place."""
        if old.same(new):
            return
        old, new = _followed(old), _followed(new)
        nodes = old.node, new.node
        if nodes in self._under_way:
            return
        self._left -= 1
        folded = level > self._depth or self._left < 0
        if folded or isinstance(old.raw, bool) or isinstance(new.raw, bool):
            if old.node is not new.node:
                rule = f"contents, {self._effect([old.node], [new.node])}"
                yield _change("change", rule, (old.raw, new.raw), at, where)
            return
        self._under_way.add(nodes)
        yield from _keywords(old, new, at, where)
        yield from self._properties(old, new, at, where, level)
        yield from self._composed(old, new, at, where, level)
        self._under_way.discard(nodes)

    def _properties(
        self, old: _Part, new: _Part, at: Place, where: str, level: int
    ) -> Iterator[Change]:
        before, after = old.raw.get("properties", {}), new.raw.get("properties", {})
        for name, raw in before.items():
            inside = f"{where}/properties{json_text.pointer([name])}"
            if name not in after:
                rule = self._alone(name, old, new, goes=True)
                yield _change("remove", rule, (raw, None), at.below(name), inside)
            else:
                pair = old.inside(raw), new.inside(after[name])
                if not pair[0].same(pair[1]):
                    yield from self.pair(*pair, at.below(name), inside, level + 1)
        for name in after:
            if name not in before:
                inside = f"{where}/properties{json_text.pointer([name])}"
                rule = self._alone(name, new, old, goes=False)
                yield _change("add", rule, (None, after[name]), at.below(name), inside)

    def _alone(self, name: str, having: _Part, lacking: _Part, *, goes: bool) -> str:
        """A property that one side names, by what the other side takes under that name."""
        node = having.inside(having.raw["properties"][name]).node
        covers = _covering(lacking, name)
        world = node.world
        if not covers:
            return f"property, open{' to anything' if node is world.true else ''}"
        if world.false in covers:
            return f"property, closed{' to anything' if node is world.false else ''}"
        sides = ([node], covers) if goes else (covers, [node])
        return f"property, partially open, {self._effect(*sides)}"

    def _composed(
        self, old: _Part, new: _Part, at: Place, where: str, level: int
    ) -> Iterator[Change]:
        if _COMPOSING.isdisjoint(old.raw) and _COMPOSING.isdisjoint(new.raw):
            return
        for keyword, group in COMPOSED.items():
            before, after = _part(old, group), _part(new, group)
            if not before and not after:
                continue
            if alike := _alike(keyword, before, after):
                for inside, one, other in alike:
                    pair = old.inside(one), new.inside(other)
                    yield from self.pair(*pair, at, f"{where}/{keyword}{inside}", level)
                continue
            parts = _in_context(keyword, old, new, before), _in_context(keyword, new, old, after)
            if parts[0] is not parts[1]:
                rule = f"{keyword}, {self._effect([parts[0]], [parts[1]])}"
                values = before.get(keyword), after.get(keyword)
                yield _change("change", rule, values, at, f"{where}/{keyword}")


def _followed(part: _Part) -> _Part:
    """What a mere reference refers to."""
    raw, node = part.raw, part.node
    while isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
        if node.document.draft > Draft.DRAFT_7 and raw.keys() & ASSERTIONS != {"$ref"}:
            break
        found = node.document.resolve(raw["$ref"], node.base)
        if found is None:
            break
        raw, node = found[0], node.world.node(node.document, *found)
    return _Part(raw, node)


def _part(node: _Part, keywords: tuple[str, ...]) -> dict[str, Any]:
    return {keyword: node.raw[keyword] for keyword in keywords if keyword in node.raw}


def _alike(
    keyword: str, before: dict[str, Any], after: dict[str, Any]
) -> list[tuple[str, Any, Any]]:
    """The pairs of schemas to look into, each with its place, where there is nothing else."""
    old, new = before.get(keyword), after.get(keyword)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return []
    if keyword in ("items", "additionalProperties"):
        return [("", old, new)] if len(before) == len(after) == 1 else []
    if keyword == "patternProperties" and old.keys() == new.keys():
        return [(json_text.pointer([each]), old[each], new[each]) for each in old]
    return []


def _in_context(keyword: str, node: _Part, other: _Part, part: dict[str, Any]) -> Node:
    """The keyword with what it depends on, so that nothing else differs."""
    if keyword.startswith("unevaluated"):
        return node.node
    if keyword not in ("additionalProperties", "patternProperties"):
        return node.inside(part).node
    names = node.raw.get("properties", {}).keys() | other.raw.get("properties", {}).keys()
    patterns = [side.raw.get("patternProperties", {}) for side in (node, other)]
    if keyword == "additionalProperties":
        patterns = [dict.fromkeys([*patterns[0], *patterns[1]], True)]
    context = {
        "properties": dict.fromkeys(names, True),
        "patternProperties": patterns[0],
        "additionalProperties": node.raw.get("additionalProperties", True),
    }
    return node.inside(context).node


def _covering(node: _Part, name: str) -> list[Node]:
    """What a property that is not named has to fit."""
    patterns = node.raw.get("patternProperties", {}).items()
    covers = [node.inside(raw).node for pattern, raw in patterns if matches(pattern, name)]
    if not covers and "additionalProperties" in node.raw:
        covers = [node.inside(node.raw["additionalProperties"]).node]
    return [cover for cover in covers if cover is not node.node.world.true]


def _keywords(old: _Part, new: _Part, at: Place, where: str) -> Iterator[Change]:
    before, after = _plain(old), _plain(new)
    for keyword in (*PLAIN, *ANNOTATIONS):
        if keyword in before or keyword in after:
            values = before.get(keyword), after.get(keyword)
            yield from _compared(keyword, values, at, f"{where}/{keyword}")
    yield from _values(before, after, at, where)
    had, has = set(before.get("required", ())), set(after.get("required", ()))
    for name in sorted(had ^ has):
        values = (name if name in had else None, name if name in has else None)
        yield from _compared("required", values, at.below(name), f"{where}/required")


def _plain(node: _Part) -> dict[str, Any]:
    """What says the same in other words is written in one way."""
    raw = dict(node.raw)
    if node.node.document.draft is Draft.DRAFT_4:
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if raw.pop(exclusive, False) is True and bound in raw:
                raw[exclusive] = raw.pop(bound)
    if isinstance(raw.get("type"), list):
        names = sorted(raw["type"])
        raw["type"] = names[0] if len(names) == 1 else names
    for keyword in ("minLength", "minItems", "minProperties", "uniqueItems"):
        if not raw.get(keyword, True):
            del raw[keyword]
    return raw


def _values(
    before: dict[str, Any], after: dict[str, Any], at: Place, where: str
) -> Iterator[Change]:
    old, new = _listed(before), _listed(after)
    where += "/const" if "const" in before or "const" in after else "/enum"
    if old is None or new is None:
        lists = tuple(None if each is None else list(each.values()) for each in (old, new))
        yield from _compared("enum", (lists[0], lists[1]), at, where)
        return
    for key in {**old, **new}:
        if key not in new:
            yield _change("remove", "value", (old[key], None), at, where)
        elif key not in old:
            yield _change("add", "value", (None, new[key]), at, where)


def _listed(raw: dict[str, Any]) -> dict[bytes, Any] | None:
    if "const" not in raw and "enum" not in raw:
        return None
    listed = {key_of(value): value for value in raw.get("enum", [raw.get("const")])}
    if "const" in raw:
        const = key_of(raw["const"])
        listed = {key: value for key, value in listed.items() if key == const}
    return listed


def _same(one: Any, other: Any) -> bool:
    return json_text.encode(one) == json_text.encode(other)


def _compared(rule: str, values: tuple[Any, Any], at: Place, where: str) -> Iterator[Change]:
    old, new = values
    if not _same(old, new):
        op: Op = "add" if old is None else "remove" if new is None else "change"
        yield _change(op, rule, values, at, where)


def _change(op: Op, rule: str, values: tuple[Any, Any], at: Place, where: str) -> Change:
    old, new = map(json_text.plain, values)
    return Change(
        op=op, path=at.path, field=at.field, rule=rule, old=old, new=new, schema_path=where
    )
