"""Rows that a contract allows, and rows that it does not, as a server might write them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from contracts.odcs import Entity, Field

Row = dict[str, Any]
INT64 = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(max_size=8)
VERBATIM = st.recursive(
    st.none() | st.booleans() | INT64 | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
NAMES = st.text(max_size=6).map(lambda text: f"x-{text}")  # of fields that no contract has
_SECONDS = st.integers(0, 253_402_300_799)
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "integer": INT64,
    "number": FLOATS | st.integers(-(2**50), 2**50),
    "boolean": st.booleans(),
    "object": st.dictionaries(TEXT, VERBATIM, max_size=2),
    "array": st.lists(VERBATIM, max_size=2),
}
_NOT_OF_THE_TYPE: dict[str, Any] = {
    "string": 7,
    "integer": "seven",
    "number": "half",
    "boolean": "yes",
    "object": "inside",
    "array": "inside",
}


def valid_rows(entity: Entity) -> st.SearchStrategy[Row]:
    """Rows with nulls, absent fields, fields nobody contracted at any level, and references that
    came as the objects that they name."""
    return _objects(entity.fields)


def _objects(fields: Sequence[Field]) -> st.SearchStrategy[Row]:
    required = {field.name: _values(field) for field in fields if field.required}
    optional = {field.name: st.none() | _values(field) for field in fields if not field.required}
    known = st.fixed_dictionaries(required)
    if optional:
        few = st.sets(st.sampled_from(sorted(optional)), max_size=6)
        some = few.flatmap(lambda names: st.fixed_dictionaries({n: optional[n] for n in names}))
        known = st.builds(dict.__or__, known, some)
    unknown = st.just({}) | st.dictionaries(NAMES, VERBATIM, max_size=2)
    return st.builds(dict.__or__, known, unknown)


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.fields:
        inside = _objects(field.fields)
        return inside if field.type == "object" else st.lists(inside, max_size=2)
    if field.epoch:
        return _SECONDS
    if field.reference and not field.pii:
        return TEXT | st.builds(lambda key: {"id": key, "object": field.reference}, TEXT)
    return _SCALARS[field.type]


def misfits(entity: Entity) -> st.SearchStrategy[Any]:
    """Rows that do not fit: a required field gone, a field of another type, no object at all."""
    scalars = [field for field in entity.fields if not field.fields and not _is_verbatim(field)]
    wrong = {field.name: _NOT_OF_THE_TYPE[field.type] for field in scalars}
    spoilt = st.sampled_from(sorted(wrong)).map(lambda name: {name: wrong[name]})
    return (
        st.builds(dict.__or__, valid_rows(entity), spoilt)
        | valid_rows(entity).map(lambda row: {n: v for n, v in row.items() if n != entity.key})
        | st.sampled_from([None, 7, "text", []])
    )


def _is_verbatim(field: Field) -> bool:
    return field.type in ("object", "array")


def written(value: object, chance: random.Random) -> bytes:
    """JSON as one of the many that say the same: white space, escapes."""
    separators = chance.choice([(",", ":"), (" , ", "\t: ")])
    indent = chance.choice([None, 0, 3])
    ascii_only = chance.choice([True, False])
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=ascii_only).encode()


def shuffled(row: Row, fields: Sequence[Field], chance: random.Random) -> Row:
    """The row with its fields, and those of the objects that the contract lists, in any order."""
    inside = {field.name: field.fields for field in fields if field.fields}
    turned = dict(chance.sample(list(row.items()), len(row)))
    for name in inside.keys() & row.keys():
        value = row[name]
        if isinstance(value, list):
            turned[name] = [shuffled(each, inside[name], chance) for each in value]
        elif value is not None:
            turned[name] = shuffled(value, inside[name], chance)
    return turned


def contracted(row: Row, fields: Sequence[Field]) -> Row:
    """The row without the fields that nobody contracted."""
    inside = {field.name: field.fields for field in fields}
    kept: Row = {}
    for name in inside.keys() & row.keys():
        value = row[name]
        if inside[name] and isinstance(value, list):
            value = [contracted(each, inside[name]) for each in value]
        elif inside[name] and value is not None:
            value = contracted(value, inside[name])
        kept[name] = value
    return kept
