"""The schemas inside a schema, each once: two that mean the same by their text are one node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from contracts.json_schema import json_text
from contracts.json_schema.schemas import Draft, Schema

SINGLE = (
    "additionalProperties",
    "additionalItems",
    "items",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
)
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
MAPS = (
    "properties",
    "patternProperties",
    "definitions",
    "$defs",
    "dependentSchemas",
    "dependencies",
)
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
ASSERTIONS = frozenset(
    {
        *SINGLE,
        *LISTS,
        *MAPS,
        *REFERENCES,
        *("type", "enum", "const", "required", "dependentRequired", "pattern", "uniqueItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        *("minContains", "maxContains"),
    }
) - {"definitions", "$defs"}


def subschemas(raw: Any) -> Iterator[Any]:
    """The schemas directly in it."""
    if not isinstance(raw, dict):
        return
    for keyword in raw.keys() & SINGLE:
        if isinstance(raw[keyword], dict | bool):
            yield raw[keyword]
    for keyword in raw.keys() & LISTS:
        if isinstance(raw[keyword], list):
            yield from raw[keyword]
    for keyword in raw.keys() & MAPS:
        if isinstance(raw[keyword], dict):
            yield from (child for child in raw[keyword].values() if isinstance(child, dict | bool))


class Document:
    """A schema as a place that references are resolved in."""

    def __init__(self, schema: Schema) -> None:
        self.root = schema.value
        self.draft = schema.draft
        self._id = "id" if schema.draft is Draft.DRAFT_4 else "$id"
        self.base = self._own_id(self.root)
        self._resources: dict[str, Any] = {self.base: self.root}
        self._anchors: dict[tuple[str, str], tuple[Any, str]] = {}
        self.dynamic_anchors: list[str] = []
        text = schema.canonical
        if b'nchor"' in text or text.count(b'id"') > 1:
            self._index()

    @property
    def single(self) -> bool:
        """Whether no schema inside has an address of its own."""
        return len(self._resources) == 1

    def _own_id(self, raw: Any) -> str:
        if not isinstance(raw, dict) or not isinstance(raw.get(self._id), str):
            return ""
        if "$ref" in raw and self.draft <= Draft.DRAFT_7:
            return ""
        return urldefrag(raw[self._id])[0]

    def below(self, raw: Any, base: str) -> str:
        """The address in force inside `raw`."""
        own = self._own_id(raw)
        return urljoin(base, own) if own else base

    def _index(self) -> None:
        stack = [(self.root, self.base)]
        while stack:
            raw, base = stack.pop()
            if isinstance(raw, dict):
                if own := self._own_id(raw):
                    base = urljoin(base, own)
                    self._resources[base] = raw
                self._note_anchors(raw, base)
                stack.extend((child, base) for child in subschemas(raw))

    def _note_anchors(self, raw: dict[str, Any], base: str) -> None:
        if self.draft <= Draft.DRAFT_7:
            own = raw.get(self._id)
            if isinstance(own, str) and "#" in own:
                self._anchors[(base, urldefrag(own)[1])] = (raw, base)
            return
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := raw.get(keyword), str):
                self._anchors[(base, name)] = (raw, base)
        if "$dynamicAnchor" in raw:
            self.dynamic_anchors.append(raw["$dynamicAnchor"])

    def resolve(self, reference: str, base: str) -> tuple[Any, str] | None:
        """The schema referred to and the address in force there; None when it is not inside."""
        address, fragment = urldefrag(urljoin(base, reference) if base else reference)
        address = address or base
        if address not in self._resources:
            return None
        if fragment and not fragment.startswith("/"):
            return self._anchors.get((address, unquote(fragment)))
        raw, base = self._resources[address], address
        for part in unquote(fragment).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            try:
                raw = raw[int(name)] if isinstance(raw, list) else raw[name]
            except (KeyError, IndexError, ValueError, TypeError):
                return None
            base = self.below(raw, base)
        return (raw, base) if isinstance(raw, dict | bool) else None


class Node:
    """A schema inside a document. There is one object for each meaning: compared by identity."""

    __slots__ = ("atoms", "base", "document", "raw", "world")

    def __init__(self, world: World, document: Document, raw: Any, base: str) -> None:
        self.world = world
        self.document = document
        self.raw = raw
        self.base = base
        self.atoms: Any = None

    def inside(self, raw: Any) -> Node:
        """The node of a schema in it."""
        return self.world.node(self.document, raw, self.base)


class World:
    """Where the nodes of two documents live together."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[int, int, str], tuple[Any, Node]] = {}
        self._by_meaning: dict[Any, Node] = {}
        self._closures: dict[tuple[int, str], frozenset[tuple[str, bytes]]] = {}
        self._made = Document(Schema(True, Draft.DRAFT_2020_12, None))  # type: ignore[arg-type]
        self.true = self.made(True)
        self.false = self.made(False)

    def root(self, schema: Schema) -> Node:
        document = Document(schema)
        return self.node(document, document.root, document.base)

    def made(self, raw: Any) -> Node:
        """The node of a schema that stands in neither document."""
        return self.node(self._made, raw, "")

    def node(self, document: Document, raw: Any, base: str) -> Node:
        place = (id(document), id(raw), base)
        known = self._by_place.get(place)
        if known:
            return known[1]
        meaning = self._meaning(document, raw, base)
        node = self._by_meaning.get(meaning)
        if node is None:
            node = Node(self, document, raw, document.below(raw, base))
            self._by_meaning[meaning] = node
        self._by_place[place] = (raw, node)  # keeps `raw`, whose id is the key
        return node

    def _meaning(self, document: Document, raw: Any, base: str) -> Any:
        if raw is True:
            return b"{}"
        if raw is False:
            return b"false"
        kept = {keyword: raw[keyword] for keyword in raw.keys() & ASSERTIONS}
        text = json_text.encode(kept)
        if not kept:
            return text
        if b'ef":' in text:
            if not document.single or b"Ref" in text:
                return document.draft, text, id(document), base
            return document.draft, text, self._closure(document, raw)
        return document.draft, text

    def _closure(self, document: Document, raw: Any) -> frozenset[tuple[str, bytes]]:
        """Every reference that can be met from here, with what it refers to."""
        found: dict[str, bytes] = {}
        stack = [raw]
        while stack:
            part = stack.pop()
            reference = part.get("$ref") if isinstance(part, dict) else None
            if isinstance(reference, str) and reference not in found:
                target = document.resolve(reference, document.base)
                found[reference] = json_text.encode(target[0]) if target else b""
                if target:
                    stack.append(target[0])
            if isinstance(part, dict):
                stack.extend(part.values())
            elif isinstance(part, list):
                stack.extend(part)
        return frozenset(found.items())
