"""What is done to a decoded row in Python, where the contract leaves it no other way."""

from __future__ import annotations

import itertools
import keyword
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import msgspec

from contracts.odcs import Field
from dlt_pipelines.loading.structs import SCALARS, Clean, Expanded, Extras, extra_attributes

_NULL = msgspec.Raw(b"null")
Token = Callable[[str], str]
Action = tuple[str, Clean | None]
"""A field, and what is done to its object unless it is null there; None takes the field out."""
Done = Callable[[str, Sequence[Field]], Iterator[Action]]
"""The actions at a place, a dotted name, whose contracted fields are these."""


def tidier(fields: Sequence[Field], extras: Extras, token: Token) -> Clean | None:
    """A function that makes rows comparable: verbatim JSON compact, extra fields gone.

    PII that is no string becomes a token. It raises `msgspec.DecodeError` or UnicodeDecodeError for
    verbatim JSON that is none, which decoding has not looked into. None if there is nothing to do.
    """

    def done(at: str, inner: Sequence[Field]) -> Iterator[Action]:
        for attribute, _ in extra_attributes(extras.get(at, ())):
            yield attribute, None
        yield from _actions(inner, token)

    return _visitor(fields, done)


def collapser(fields: Sequence[Field]) -> Clean | None:
    """A function that puts the id back in the place of an expanded object."""

    def done(_: str, inner: Sequence[Field]) -> Iterator[Action]:
        return ((each.name, _collapse(each.name)) for each in inner if each.reference)

    return _visitor(fields, done)


def _visitor(fields: Sequence[Field], done: Done) -> Clean | None:
    """Does to an object what is to be `done` at its place, then to those in it.

    It is compiled: an attribute that is looked up by its name costs a multiple of one written out.
    """
    actions: list[Clean] = []
    numbers = itertools.count()

    def lines(at: str, inner: Sequence[Field], row: str, indent: str) -> Iterator[str]:
        for name, action in done(at, inner):
            if action is None:
                yield f"{indent}{row}.{name} = None"
            else:
                yield f"{indent}if {_read(row, name)} is not None: actions[{len(actions)}]({row})"
                actions.append(action)
        for field in inner:
            value, place = f"value_{next(numbers)}", f"{at}.{field.name}" if at else field.name
            below = list(lines(place, field.fields, value, indent + "    "))
            if not below:
                continue
            if field.type == "array":
                yield f"{indent}for {value} in {_read(row, field.name)} or ():"
            else:
                yield f"{indent}{value} = {_read(row, field.name)}"
                yield f"{indent}if {value} is not None:"
            yield from below

    body = list(lines("", fields, "row", "    "))
    if not body:
        return None
    scope: dict[str, Any] = {"actions": actions}
    exec("\n".join(("def visit(row):", *body)), scope)  # noqa: S102 - no name is taken as code
    return cast(Clean, scope["visit"])


def _read(row: str, name: str) -> str:
    plain = name.isidentifier() and not keyword.iskeyword(name)
    return f"{row}.{name}" if plain else f"getattr({row}, {name!r})"


def _actions(fields: Sequence[Field], token: Token) -> Iterator[Action]:
    for field in fields:
        if field.fields:
            continue
        if field.type not in SCALARS:
            yield field.name, _compact(field.name, token if field.pii else None)
        elif field.pii and field.type != "string":
            yield field.name, _mask(field.name, token)


def _compact(name: str, token: Token | None) -> Clean:
    """Without the white space between tokens, so that a pretty-printed row has the same hash."""

    def clean(row: Any) -> None:
        value = getattr(row, name)
        if value == _NULL:
            setattr(row, name, None)
            return
        text = str(value, "utf-8")
        if len(text) > 2:
            text = msgspec.json.format(text, indent=-1)
        setattr(row, name, token(text) if token else msgspec.Raw(text))

    return clean


def _mask(name: str, token: Token) -> Clean:
    def clean(row: Any) -> None:
        setattr(row, name, token(str(getattr(row, name))))

    return clean


def _collapse(name: str) -> Clean:
    def clean(row: Any) -> None:
        value = getattr(row, name)
        if isinstance(value, Expanded):
            setattr(row, name, value.id)

    return clean
