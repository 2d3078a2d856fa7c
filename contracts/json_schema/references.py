"""Where the schemas inside a schema are, and what their references refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from contracts.json_schema import json_text
from contracts.json_schema.drafts import Draft

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

    def __init__(self, root: dict[str, Any] | bool, draft: Draft) -> None:
        self.root = root
        self.draft = draft
        self._id = "id" if draft is Draft.DRAFT_4 else "$id"
        self.base = self._own_id(self.root)
        self._resources: dict[str, Any] = {self.base: self.root}
        self._anchors: dict[tuple[str, str], tuple[Any, str]] = {}
        self.dynamic_anchors: list[str] = []
        text = json_text.encode(root)
        if b'nchor":' in text or text.count(b'id":') > (self.base != ""):
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

    def schemas(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Every schema inside, with the address in force around it."""
        stack = [(self.root, self.base)]
        while stack:
            raw, base = stack.pop()
            if isinstance(raw, dict):
                yield raw, base
                base = self.below(raw, base)
                stack.extend((child, base) for child in subschemas(raw))

    def _index(self) -> None:
        for raw, base in self.schemas():
            below = self.below(raw, base)
            if self._own_id(raw):
                self._resources[below] = raw
            self._note_anchors(raw, below)

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
