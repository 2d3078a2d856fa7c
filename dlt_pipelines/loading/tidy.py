"""What is done to a decoded row in Python, where the contract leaves it no other way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from contracts.odcs import Field
from dlt_pipelines.loading.structs import SCALARS, Clean, Expanded, Extras, extra_attributes

_NULL = msgspec.Raw(b"null")
Token = Callable[[str], str]


def tidier(fields: Sequence[Field], extras: Extras, token: Token, at: str = "") -> Clean | None:
    """A function that makes rows comparable: verbatim JSON compact, extra fields gone.

    PII that is no string becomes a token. It raises `msgspec.DecodeError` or UnicodeDecodeError for
    verbatim JSON that is none, which decoding has not looked into. None if there is nothing to do.
    """
    forgotten = [attribute for attribute, _ in extra_attributes(extras.get(at, ()))]
    actions = list(_actions(fields, token))
    inner = [
        (field, tidier(field.fields, extras, token, f"{at}.{field.name}" if at else field.name))
        for field in fields
    ]
    return _visitor(forgotten, actions, inner)


def collapser(fields: Sequence[Field]) -> Clean | None:
    """A function that puts the id back in the place of an expanded object."""
    actions = [_collapse(field.name) for field in fields if field.reference]
    return _visitor([], actions, [(field, collapser(field.fields)) for field in fields])


def _visitor(
    forgotten: Sequence[str], actions: Sequence[Clean], inner: Sequence[tuple[Field, Clean | None]]
) -> Clean | None:
    """Does all to an object and then to those in it, each visited once."""
    below = [(field.name, field.type == "array", visit) for field, visit in inner if visit]
    if not (forgotten or actions or below):
        return None

    def visit(row: Any) -> None:
        for name in forgotten:
            setattr(row, name, None)
        for action in actions:
            action(row)
        for name, many, visit_inner in below:
            value = getattr(row, name)
            if value is None:
                continue
            if many:
                for each in value:
                    visit_inner(each)
            else:
                visit_inner(value)

    return visit


def _actions(fields: Sequence[Field], token: Token) -> Iterator[Clean]:
    for field in fields:
        if field.fields:
            continue
        if field.type not in SCALARS:
            yield _compact(field.name, token if field.pii else None)
        elif field.pii and field.type != "string":
            yield _mask(field.name, token)


def _compact(name: str, token: Token | None) -> Clean:
    """Without the white space between tokens, so that a pretty-printed row has the same hash."""

    def clean(row: Any) -> None:
        value = getattr(row, name)
        if value is None:
            return
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
        value = getattr(row, name)
        if value is not None:
            setattr(row, name, token(str(value)))

    return clean


def _collapse(name: str) -> Clean:
    def clean(row: Any) -> None:
        value = getattr(row, name)
        if isinstance(value, Expanded):
            setattr(row, name, value.id)

    return clean
