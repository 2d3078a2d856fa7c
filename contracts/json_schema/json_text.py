"""Reads JSON as it is written: exact numbers, no key twice, nothing that JSON does not have.

Numbers are int or Decimal, never float, which would take 0.1 for another number and lose digits
of large ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Context, Decimal
from math import isfinite
from typing import Any

import msgspec

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 200
MAX_DIGITS = 4_000
_EXACT = Context(prec=2 * MAX_DIGITS)
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


class NotJsonError(ValueError):
    """The text or value is no JSON that is read here. `code` says why, `path` (pointer) where."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


def read(text: bytes, *, as_written: bool = False) -> Any:
    """The JSON value of `text`; `as_written` as for `checked`. Raises NotJsonError."""
    try:
        return checked(
            json.loads(
                text.decode("utf-8"),
                parse_float=Decimal,
                parse_int=_integer,
                parse_constant=_constant,
                object_pairs_hook=_object,
            ),
            as_written=as_written,
        )
    except NotJsonError:
        raise
    except RecursionError:
        raise _too_deep("") from None
    except ValueError as error:
        raise NotJsonError("not_json", f"it is not JSON: {error}") from None


def encode(value: Any) -> bytes:
    """The one text of a value, keys sorted; two values that are the same have the same text."""
    return _ENCODER.encode(value)


def plain(value: Any) -> Any:
    """The value with floats for decimals, which any JSON library writes."""
    match value:
        case Decimal():
            return float(value) if isfinite(float(value)) else int(value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
    return value


def extent(value: Any) -> tuple[int, int]:
    """How many values it is made of, and how deep they are nested."""
    count, deepest, stack = 0, 0, [(value, 0)]
    while stack:
        part, depth = stack.pop()
        count += 1
        deepest = max(deepest, depth)
        if isinstance(part, dict):
            stack.extend((child, depth + 1) for child in part.values())
        elif isinstance(part, list):
            stack.extend((child, depth + 1) for child in part)
    return count, deepest


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def checked(value: Any, *, as_written: bool = False) -> Any:
    """The value with its numbers exact: 1.0 becomes 1, but for `as_written`.

    Raises NotJsonError (`not_json`, `duplicate_key`, `too_deep`, `lone_surrogate`,
    `number_out_of_range`) where it is none that JSON can carry.
    """
    copies: dict[str, Any] = {}
    # Holder of the copy, its key there, the value, its path. A stack, for depth is the sender's.
    stack: list[tuple[Any, Any, Any, tuple[str | int, ...]]] = [(copies, "", value, ())]
    while stack:
        holder, key, item, path = stack.pop()
        kind = type(item)
        if kind is dict:
            if len(path) >= MAX_DEPTH:
                raise _too_deep(pointer(path))
            copy: Any = dict.fromkeys(item)
            holder[key] = copy
            for name, child in item.items():
                _text(name, path)
                if type(child) is str:
                    copy[name] = _text(child, path, name)
                elif type(child) is bool or child is None:
                    copy[name] = child
                else:
                    stack.append((copy, name, child, (*path, name)))
        elif kind is list:
            if len(path) >= MAX_DEPTH:
                raise _too_deep(pointer(path))
            copy = [None] * len(item)
            holder[key] = copy
            stack.extend((copy, at, child, (*path, at)) for at, child in enumerate(item))
        else:
            holder[key] = _scalar(item, path, as_written)
    return copies[""]


def _scalar(item: Any, path: tuple[str | int, ...], as_written: bool) -> Any:
    if isinstance(item, bool) or item is None:
        return item
    if isinstance(item, str):
        return _text(item, path)
    if isinstance(item, int):
        if item.bit_length() > MAX_DIGITS * 3:
            raise _out_of_range(path)
        return item
    if isinstance(item, float):
        item = Decimal(repr(item))
    if isinstance(item, Decimal):
        return _exact(item, path, as_written)
    message = f"{type(item).__name__} is no JSON type"
    raise NotJsonError("not_json", message, pointer(path))


def _exact(number: Decimal, path: tuple[str | int, ...], as_written: bool) -> int | Decimal:
    if not number.is_finite():
        raise NotJsonError("not_json", f"{number} is no JSON number", pointer(path))
    _, digits, exponent = number.as_tuple()
    if len(digits) > MAX_DIGITS or abs(int(exponent)) > MAX_DIGITS:
        raise _out_of_range(path)
    if as_written:
        return number
    short = number.normalize(_EXACT)
    return int(short) if int(short.as_tuple().exponent) >= 0 else short


def _out_of_range(path: tuple[str | int, ...]) -> NotJsonError:
    message = f"a number of more than {MAX_DIGITS:,} digits"
    return NotJsonError("number_out_of_range", message, pointer(path))


def _too_deep(path: str) -> NotJsonError:
    return NotJsonError("too_deep", f"it is nested deeper than {MAX_DEPTH} levels", path)


def _text(text: str, path: tuple[str | int, ...], *name: str) -> str:
    if not text.isascii() and not text.isprintable():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotJsonError(
                "lone_surrogate", "a string has half a surrogate pair", pointer((*path, *name))
            ) from None
    return text


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= MAX_DIGITS else Decimal(text)


def _constant(text: str) -> Any:
    raise NotJsonError("not_json", f"{text} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJsonError("duplicate_key", f"the key {twice!r} stands twice in one object")
    return found
