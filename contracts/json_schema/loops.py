"""Where references lead back to themselves, and where they multiply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from contracts.json_schema.drafts import Draft
from contracts.json_schema.references import REFERENCES, Document, subschemas

_IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")


class Step(NamedTuple):
    """From one schema to another, by `reference` or, without, to one inside it."""

    reference: str
    raw: Any
    base: str


def endless(document: Document) -> str | None:
    """A reference that leads back to itself without going into the value, if there is one."""
    starts = (Step("", raw, base) for raw, base in document.schemas())
    _, loops = _depth_first(starts, lambda step: _in_place(document, step))
    return loops[0] if loops else None


def targets(document: Document) -> Iterator[Any]:
    """What is referred to inside it, each at least once."""
    seen: set[int] = set()
    stack = [Step("", document.root, document.base)]
    while stack:
        step = stack.pop()
        base = document.below(step.raw, step.base)
        inside = (Step("", child, base) for child in subschemas(step.raw))
        for other in (*_references(document, step), *inside):
            if other.reference and isinstance(other.raw, dict):
                yield other.raw
            if id(other.raw) not in seen:
                seen.add(id(other.raw))
                stack.append(other)


class Growth(NamedTuple):
    """There are `schemas` in all. With every reference replaced by its target there are `times` as
    many, and `factor` times more for each level of a document where references recur."""

    schemas: int
    times: int
    factor: int


def growth(document: Document) -> Growth:
    """How the work grows of a validator that follows each reference anew, at most."""

    def steps(step: Step) -> list[Step]:
        inside = (Step("", child, step.base) for child in subschemas(step.raw))
        return [each for each in (*_references(document, step), *inside) if each.raw is not True]

    order, loops = _depth_first([Step("", document.root, document.base)], steps)
    following = [steps(step) for step in order]
    references = sum(bool(step.reference) for each in following for step in each)
    counts: dict[int, int] = {}
    for step, each in zip(order, following, strict=True):
        counts[id(step.raw)] = 1 + sum(counts.get(id(other.raw), 1) for other in each)
    times = counts[id(document.root)] // len(order)
    return Growth(len(order), times, references if loops else 1)


def _references(document: Document, step: Step) -> Iterator[Step]:
    if isinstance(step.raw, dict):
        base = document.below(step.raw, step.base)
        for keyword in step.raw.keys() & REFERENCES:
            reference = step.raw[keyword]
            if isinstance(reference, str) and (found := document.resolve(reference, base)):
                yield Step(reference, *found)


def _in_place(document: Document, step: Step) -> Iterator[Step]:
    """To the schemas that apply to the same value."""
    raw = step.raw
    yield from _references(document, step)
    if not isinstance(raw, dict) or ("$ref" in raw and document.draft <= Draft.DRAFT_7):
        return
    inside: list[Any] = []
    for keyword in _IN_PLACE:
        part = raw.get(keyword)
        inside += part if isinstance(part, list) else [part]
    for keyword in ("dependentSchemas", "dependencies"):
        part = raw.get(keyword)
        inside += part.values() if isinstance(part, dict) else ()
    base = document.below(raw, step.base)
    yield from (Step("", child, base) for child in inside if isinstance(child, dict))


def _depth_first(
    starts: Iterable[Step], following: Callable[[Step], Iterable[Step]]
) -> tuple[list[Step], list[str]]:
    """The schemas that are reached, each after those that it leads to; what leads back."""
    finished: dict[int, bool] = {}
    order: list[Step] = []
    loops: list[str] = []
    for start in starts:
        stack = [] if id(start.raw) in finished else [(start, iter(following(start)))]
        while stack:
            step, rest = stack[-1]
            finished[id(step.raw)] = False
            for other in rest:
                done = finished.get(id(other.raw))
                if done is None:
                    stack.append((other, iter(following(other))))
                    break
                if done is False:
                    references = [other.reference, *(each.reference for each, _ in stack[::-1])]
                    loops.append(next(filter(None, references), ""))
            else:
                finished[id(step.raw)] = True
                order.append(step)
                stack.pop()
    return order, loops
