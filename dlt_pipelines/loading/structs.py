"""Compiles a contract to `msgspec` Structs, so that decoding is validation, in C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec

from contracts.odcs import Field

Clean = Callable[[Any], None]
"""Changes a decoded row in place."""

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_YEAR_9999 = 253_402_300_799
_EPOCHS: dict[str, Any] = {
    "seconds": Annotated[int, msgspec.Meta(ge=0, le=_YEAR_9999)],
    "milliseconds": Annotated[int, msgspec.Meta(ge=0, le=_YEAR_9999 * 1000)],
}
SCALARS: dict[str, Any] = {"string": str, "integer": Int64, "number": float, "boolean": bool}


class Expanded(msgspec.Struct):
    """An object that came in the place of its id."""

    id: str


def struct(name: str, fields: Sequence[Field], *, expanded: bool = False) -> type[msgspec.Struct]:
    """The Struct of an object: required fields without default, all others null or absent.

    With `expanded` a reference may also be the object it refers to. Fields are sorted, so that the
    payload hash does not depend on their order in the contract.
    """
    specs: list[Any] = []
    for field in sorted(fields, key=lambda each: each.name):
        type_ = _type(name, field, expanded)
        if field.required:
            specs.append((field.name, type_))
        elif type_ is msgspec.Raw:
            specs.append((field.name, msgspec.Raw, None))
        else:
            specs.append((field.name, type_ | None, None))
    return msgspec.defstruct(name, specs, kw_only=True, omit_defaults=True)


def _type(parent: str, field: Field, expanded: bool) -> Any:
    if field.fields:
        inner = struct(f"{parent}_{field.name}", field.fields, expanded=expanded)
        return inner if field.type == "object" else list[inner]  # type: ignore[valid-type]
    if field.reference and expanded:
        return str | Expanded
    if field.epoch:
        return _EPOCHS[field.epoch]
    return SCALARS.get(field.type, msgspec.Raw)


def collapses(fields: Sequence[Field]) -> list[Clean]:
    """Functions that put the id back in the place of an expanded object, nested ones included."""
    found: list[Clean] = []
    for field in fields:
        if field.reference:
            found.append(_collapse(field.name))
        found.extend(nested(field, inner) for inner in collapses(field.fields))
    return found


def _collapse(name: str) -> Clean:
    def clean(row: Any) -> None:
        value = getattr(row, name)
        if isinstance(value, Expanded):
            setattr(row, name, value.id)

    return clean


def nested(field: Field, inner: Clean) -> Clean:
    """Applies `inner` to what stands in `field`: an object, or each of a list of them."""
    name, many = field.name, field.type == "array"

    def clean(row: Any) -> None:
        value = getattr(row, name)
        if value is not None:
            for each in value if many else (value,):
                inner(each)

    return clean
