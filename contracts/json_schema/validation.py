"""Says where a document does not fit a schema, in bounded time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from contracts.json_schema import json_text
from contracts.json_schema.atoms import Atom
from contracts.json_schema.evaluation import Evaluation, TooMuchWorkError
from contracts.json_schema.json_text import NotJsonError, pointer
from contracts.json_schema.keywords import atoms
from contracts.json_schema.nodes import Node, World
from contracts.json_schema.schemas import Schema

MOST = 100
_MOST_TIMES = 100_000


class Violation(msgspec.Struct, frozen=True):
    """`path` is a JSON pointer into the document, "" for the whole of it."""

    path: str
    message: str


def validate(schema: Schema, document: object | bytes) -> list[Violation]:
    """What does not fit, the first 100; empty when the document is valid.

    `bytes` are JSON text. `format` is an annotation here and decides nothing. A document that would
    take too long is a violation as well.
    """
    try:
        if isinstance(document, bytes):
            value = json_text.read(document, as_written=True)
        else:
            value = json_text.checked(document, as_written=True)
        return list(islice(_violations(schema, value), MOST))
    except NotJsonError as error:
        return [Violation(error.path, error.message)]
    except (TooMuchWorkError, RecursionError):
        return [Violation("", "the document takes too much work with this schema")]


def _violations(schema: Schema, value: Any) -> Iterator[Violation]:
    evaluation, root = Evaluation(), World().root(schema)
    quick = schema.quick(value)
    fits = None if quick else evaluation.fits(root, value)
    if fits is None:
        if not quick and not schema.quick(value, times=_MOST_TIMES):
            raise TooMuchWorkError
        for error in schema.validator.iter_errors(value):
            yield Violation(pointer(error.instance_path), error.message)
    elif not fits:
        yield from _misfits(evaluation, root, value, ())


def _misfits(
    evaluation: Evaluation, node: Node, value: Any, path: tuple[str | int, ...]
) -> Iterator[Violation]:
    for atom in atoms(node):
        if not evaluation.holds(atom, value):
            inside = list(islice(_inside(atom, value), MOST))
            if not inside:
                yield Violation(pointer(path), f"does not meet {_NAMES.get(atom.kind, atom.kind)}")
            for child, part, step in inside:
                if not evaluation.fits(child, part):
                    yield from _misfits(evaluation, child, part, (*path, *step))


def _inside(atom: Atom, value: Any) -> Iterator[tuple[Node, Any, tuple[str | int, ...]]]:
    """What the atom asks of the value itself or of its parts."""
    if atom.kind == "all":
        yield from ((node, value, ()) for node in atom.data)
    elif atom.kind == "shape":
        for name, part in value.items():
            yield from ((node, part, (name,)) for node in atom.data.of(name))
    elif atom.kind == "items":
        for index, part in enumerate(value):
            yield atom.data.at(index), part, (index,)


_NAMES = {
    "values": "enum or const",
    "lower": "a minimum",
    "upper": "a maximum",
    "multiple": "multipleOf",
    "unique": "uniqueItems",
    "at_least": "contains",
    "at_most": "maxContains",
    "has": "required",
    "needs": "dependentRequired",
    "then": "dependentSchemas",
    "names": "propertyNames",
    "any": "anyOf",
    "one": "oneOf",
    "between": "unevaluatedProperties or unevaluatedItems",
    "opaque": "what is not understood of the schema",
}
