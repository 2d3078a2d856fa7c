"""Compiles a contract to `msgspec` Structs, so that decoding is validation, in C."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec

from contracts.odcs import Field

Clean = Callable[[Any], None]
"""Changes a decoded row in place."""
Extras = Mapping[str, Sequence[str]]
"""Names that are not contracted, by the dotted name of the object that holds them ("": the row)."""
ANY = "*"
"""In the place of a name: any field may come there."""

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_YEAR_9999 = 253_402_300_799
_EPOCHS: dict[str, Any] = {
    "seconds": Annotated[int, msgspec.Meta(ge=0, le=_YEAR_9999)],
    "milliseconds": Annotated[int, msgspec.Meta(ge=0, le=_YEAR_9999 * 1000)],
}
Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)] | float
"""A double, but for an integer that none is equal to: that does not fit."""
SCALARS: dict[str, Any] = {"string": str, "integer": Int64, "number": Number, "boolean": bool}


class Expanded(msgspec.Struct):
    """An object that came in the place of its id."""

    id: str


class _AnyString(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return type(instance) is str


class Token(metaclass=_AnyString):
    """The type of a PII string: the decoder's hook turns it into its token, a plain `str`.

    So that PII costs a call only where there is some, and never stands in a decoded row.
    """


def struct(
    name: str,
    fields: Sequence[Field],
    *,
    extras: Extras,
    strict: bool,
    expanded: bool = False,
    at: str = "",
) -> type[msgspec.Struct]:
    """The Struct of an object: required fields without default, all others null or absent.

    When `strict`, any field beyond these and the `extras` is an error. With `expanded` a reference
    may also be the object it refers to. Fields are sorted, so that the payload hash does not depend
    on their order in the contract.
    """
    specs: list[Any] = []
    for field in sorted(fields, key=lambda each: each.name):
        path = f"{at}.{field.name}" if at else field.name
        type_ = _type(name, field, extras, strict, expanded, path)
        if field.required:
            specs.append((field.name, type_))
        elif type_ is msgspec.Raw:
            specs.append((field.name, msgspec.Raw, None))
        else:
            specs.append((field.name, type_ | None, None))
    others = dict(extra_attributes(extras.get(at, ())))
    return msgspec.defstruct(
        name,
        [*specs, *((attribute, msgspec.Raw, None) for attribute in others)],
        rename=others,
        kw_only=True,
        omit_defaults=True,
        forbid_unknown_fields=strict and ANY not in extras.get(at, ()),
        gc=False,
    )


def extra_attributes(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Attribute and name of each extra field: any text can be a name in JSON."""
    for index, name in enumerate(names):
        if name != ANY:
            yield f"_extra_{index}", name


def _type(
    parent: str, field: Field, extras: Extras, strict: bool, expanded: bool, path: str
) -> Any:
    if field.fields:
        inner = struct(
            f"{parent}_{field.name}",
            field.fields,
            extras=extras,
            strict=strict,
            expanded=expanded,
            at=path,
        )
        return inner if field.type == "object" else list[inner]  # type: ignore[valid-type]
    if field.pii and field.type == "string":
        return Token
    if field.reference and expanded:
        return str | Expanded
    if field.epoch:
        return _EPOCHS[field.epoch]
    return SCALARS.get(field.type, msgspec.Raw)
