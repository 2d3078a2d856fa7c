"""Schemas, pairs of schemas that are near each other, and documents, small enough to meet.

They are made by a random generator that hypothesis seeds: a tree of strategies takes a hundred
times as long, and what counts here is how many pairs are looked at.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from contracts.json_schema.atoms import key_of

NAMES = ("a", "b", "c", "S_x")
PATTERNS = ("^a$", "^[ab]", "^S_", "x", "", "^(a|b|c)$", ".")
TYPES = ("string", "integer", "number", "boolean", "null", "object", "array")
NUMBERS = (-1, 0, 1, 2, 3, 4, 5, Decimal("0.5"), Decimal("1.5"), Decimal("2.5"))
TEXTS = ("", "a", "b", "ab", "abc", "S_x", "xx")
URIS = {
    4: "http://json-schema.org/draft-04/schema#",
    6: "http://json-schema.org/draft-06/schema#",
    7: "http://json-schema.org/draft-07/schema#",
    2019: "https://json-schema.org/draft/2019-09/schema",
    2020: "https://json-schema.org/draft/2020-12/schema",
}


def document(random: Random, depth: int = 0) -> Any:
    kind = random.randrange(7 if depth < 2 else 5)
    if kind == 5:
        return [document(random, depth + 1) for _ in range(random.randrange(4))]
    if kind == 6:
        names = random.sample(NAMES, random.randrange(4))
        return {name: document(random, depth + 1) for name in names}
    numbers = random.choice(NUMBERS), random.choice(NUMBERS)
    scalars: tuple[Any, ...] = (None, random.random() < 0.5, *numbers, random.choice(TEXTS))
    return scalars[kind]


class Schemas:
    """Makes schemas of one draft, and changes them."""

    def __init__(self, random: Random, draft: int) -> None:
        self.random = random
        self.draft = draft

    def pair(self) -> tuple[Any, Any]:
        """A schema and one a few steps away, or now and then any other."""
        base = self.root()
        new = self.root() if self.random.random() < 0.05 else self.near(base)
        for _ in range(self.random.choice([0, 0, 1, 2])):
            new = self.near(new)
        return base, new

    def root(self) -> Any:
        schema = self.schema()
        if isinstance(schema, dict):
            schema["definitions"] = {"p": self.schema(1), "q": self.schema(1)}
            schema["$schema"] = URIS[self.draft]
        return schema

    def schema(self, depth: int = 0) -> Any:
        random = self.random
        if depth > 3 or random.random() < 0.12:
            plain: list[Any] = [{}, {"type": random.choice(TYPES)}]
            return random.choice(plain if self.draft == 4 else [*plain, True, False])
        schema: dict[str, Any] = {}
        if random.random() < 0.6:
            several = random.random() < 0.3
            schema["type"] = random.sample(TYPES, 2) if several else random.choice(TYPES)
        for _ in range(random.choice([0, 1, 1, 2, 2, 3])):
            schema.update(self.keyword(depth))
        return schema

    def keyword(self, depth: int) -> dict[str, Any]:
        """One keyword with its value, and those that belong to it."""
        random, inner = self.random, lambda: self.schema(depth + 1)
        some = [inner() for _ in range(random.randrange(1, 4))]
        needed = random.sample(NAMES, random.randrange(1, 3))
        makers: list[Callable[[], dict[str, Any]]] = [
            lambda: {"enum": self._values()},
            lambda: {random.choice(["minimum", "maximum"]): random.choice(NUMBERS)},
            lambda: {random.choice(["minLength", "maxLength"]): random.randrange(4)},
            lambda: {random.choice(["minItems", "maxItems"]): random.randrange(4)},
            lambda: {random.choice(["minProperties", "maxProperties"]): random.randrange(4)},
            lambda: {"multipleOf": random.choice([1, 2, 3, 4, Decimal("0.5"), Decimal("1.5")])},
            lambda: {"pattern": random.choice(PATTERNS)},
            lambda: {"uniqueItems": True},
            lambda: {"required": needed},
            *[lambda: {"properties": {name: inner() for name in random.sample(NAMES, 2)}}] * 3,
            lambda: {"patternProperties": {random.choice(PATTERNS): inner()}},
            *[lambda: {"additionalProperties": inner()}] * 2,
            lambda: {"items": inner()},
            lambda: {random.choice(["allOf", "anyOf", "oneOf"]): some},
            lambda: {"not": inner()},
            lambda: {"$ref": f"#/definitions/{random.choice('pq')}"},
        ]
        if self.draft >= 6:
            makers += [
                lambda: {"const": document(random)},
                lambda: {
                    f"exclusive{random.choice(['Minimum', 'Maximum'])}": random.choice(NUMBERS)
                },
                lambda: {random.choice(["contains", "propertyNames"]): inner()},
            ]
        if self.draft >= 7:
            makers.append(lambda: {"if": inner(), "then": inner(), "else": inner()})
        if self.draft >= 2019:
            limits = {"minContains": random.randrange(3), "maxContains": random.randrange(3)}
            makers += [
                lambda: {"contains": inner(), **limits},
                lambda: {"dependentSchemas": {needed[0]: inner()}},
                lambda: {"dependentRequired": {needed[0]: needed}},
                lambda: {random.choice(["unevaluatedProperties", "unevaluatedItems"]): inner()},
            ]
        else:
            makers.append(lambda: {"dependencies": {needed[0]: random.choice([needed, inner()])}})
        if self.draft == 2020:
            makers.append(lambda: {"prefixItems": some, "items": inner()})
        else:
            makers.append(lambda: {"items": some, "additionalItems": inner()})
        return random.choice(makers)()

    def _values(self) -> list[Any]:
        made = (document(self.random) for _ in range(self.random.randrange(1, 4)))
        return list({key_of(value): value for value in made}.values())

    def near(self, schema: Any, depth: int = 0) -> Any:
        """The schema with one thing replaced, added or left out, somewhere in it."""
        random = self.random
        if not isinstance(schema, dict) or not schema or random.random() < 0.1:
            return self.schema(depth + 1)
        changed = copy.deepcopy(schema)
        keyword = random.choice(sorted(changed))
        value, what = changed[keyword], random.random()
        if keyword == "$schema":
            return changed
        if keyword in ("properties", "patternProperties", "definitions", "dependentSchemas"):
            if value:
                name = random.choice(sorted(value))
                value[name] = self.near(value[name], depth + 1)
        elif what < 0.2:
            del changed[keyword]
        elif what < 0.4:
            changed.update(self.keyword(depth))
        elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            at = random.randrange(len(value))
            value[at] = self.near(value[at], depth + 1)
        elif isinstance(value, int) and not isinstance(value, bool) and keyword != "const":
            least = int(keyword == "multipleOf")
            changed[keyword] = max(value + random.choice([-1, 1]), least)
        elif isinstance(value, dict | bool) and keyword not in ("const", "uniqueItems"):
            changed[keyword] = self.near(value, depth + 1)
        return changed


_seeds = st.integers(0, 2**63)
pairs = st.builds(
    lambda seed, draft: Schemas(Random(seed), draft).pair(), _seeds, st.sampled_from(sorted(URIS))
)
documents = _seeds.map(lambda seed: [document(Random(seed + at)) for at in range(30)])
