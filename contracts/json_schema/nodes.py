"""The schemas inside a schema, each once: two that mean the same by their text are one node."""

from __future__ import annotations

from typing import Any

from contracts.json_schema import json_text
from contracts.json_schema.drafts import Draft
from contracts.json_schema.references import ASSERTIONS, Document
from contracts.json_schema.schemas import Schema


class Node:
    """A schema inside a document. There is one object for each meaning: compared by identity."""

    __slots__ = ("atoms", "base", "document", "raw", "types", "world")

    def __init__(self, world: World, document: Document, raw: Any, base: str) -> None:
        self.world = world
        self.document = document
        self.raw = raw
        self.base = base
        self.atoms: Any = None
        self.types: int | None = None

    def inside(self, raw: Any) -> Node:
        """The node of a schema in it."""
        return self.world.node(self.document, raw, self.base)


class World:
    """Where the nodes of two documents live together."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[int, int, str], tuple[Any, Node]] = {}
        self._by_meaning: dict[Any, Node] = {}
        self._closures: dict[tuple[int, str], frozenset[tuple[str, bytes]]] = {}
        self._made = Document(True, Draft.DRAFT_2020_12)
        self.true = self.made(True)
        self.false = self.made(False)

    def root(self, schema: Schema) -> Node:
        document = Document(schema.value, schema.draft)
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
