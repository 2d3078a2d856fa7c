"""What a contract classifies as PII is marked so in every layer, and used as a token alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from contracts.odcs import Field, load_source

Node = dict[str, Any]

_COMMENT = re.compile(r"--[^\n]*")
_IN_JSON = re.compile(
    r"\w+\(\s*'(?:\w+\.)?(?P<field>\w+)',\s*'\$\.?(?P<path>[^']*)'\s*\)"
    r"(?:\s*\}\}\s*as (?P<column>\w+))?"
)
_PLAIN = re.compile(r"\b(?:\w+\.)?(?P<field>\w+)\b(?: as (?P<column>\w+)(?=,|\s|$))?")
_INDEX = re.compile(r"\[[^\]]*\]")


class Use(NamedTuple):
    """A raw field by its dotted name, and the column it is selected as; "" in any other use."""

    field: str
    column: str

    def touches(self, classified: str) -> bool:
        """Also by a field inside of it, and by the object around it."""
        one, other = f"{self.field}.", f"{classified}."
        return one.startswith(other) or other.startswith(one)


def uses(sql: str) -> Iterator[Use]:
    """Every word of a model that may name a raw field, and every path into one that is JSON."""
    code = _COMMENT.sub("", sql)
    for found in _IN_JSON.finditer(code):
        path = _INDEX.sub("", found["path"])
        yield Use(f"{found['field']}.{path}".rstrip("."), found["column"] or "")
    for found in _PLAIN.finditer(_IN_JSON.sub("", code).replace("'", " ")):
        yield Use(found["field"], found["column"] or "")


def classified(fields: Sequence[Field], above: str = "") -> Iterator[str]:
    for field in fields:
        if field.pii:
            yield above + field.name
        yield from classified(field.fields, f"{above}{field.name}.")


def tokens(sql: str, fields: Sequence[str]) -> list[str]:
    """The columns that classified fields are selected as, "" for each that is used otherwise."""
    return [use.column for use in uses(sql) if any(map(use.touches, fields))]


def fields_of(model: Node) -> list[str]:
    """The classified fields of the entities that a model reads from raw."""
    sources = [node.split(".")[2:] for node in model["depends_on"]["nodes"] if "source." in node]
    return [
        field
        for raw, entity in sources
        if (found := load_source(raw.removeprefix("raw_")).entities.get(entity))
        for field in classified(found.fields)
    ]


def marked(model: Node) -> set[str]:
    return {
        column["name"]
        for column in model["columns"].values()
        if column["config"]["meta"].get("classification") == "pii"
    }


@pytest.fixture(scope="module")
def staged(models: list[Node]) -> list[Node]:
    """Models of one entity, as Silver reads it from raw."""
    return [model for model in models if model["name"].startswith(("stg_", "scd_"))]


def test_a_column_of_a_classified_field_is_marked_and_no_other_is(staged: list[Node]) -> None:
    selected = {each["name"]: set(tokens(each["raw_code"], fields_of(each))) for each in staged}
    assert {name for name, columns in selected.items() if columns} >= {
        "stg_payments__customers",
        "stg_zephyr__executions",
    }
    assert selected == {each["name"]: marked(each) for each in staged}


def test_no_column_has_the_name_of_a_classified_field(staged: list[Node]) -> None:
    names = {each["name"]: set(each["columns"]) & set(fields_of(each)) for each in staged}
    assert {name: columns for name, columns in names.items() if columns} == {}


def test_tokens_are_called_so_and_marked_wherever_they_are(models: list[Node]) -> None:
    called = {
        each["name"]: {name for name in each["columns"] if name.endswith("_token")}
        for each in models
    }
    assert called == {each["name"]: marked(each) for each in models}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("email as email_token,", ["email_token"]),
        ("customers.email as email_token", ["email_token"]),
        ("email as contact", ["contact"]),
        ("email,", [""]),
        ("lower(email) as email_token", [""]),
        ("{{ json_value('shipping', '$.address.line1') }} as street", ["street"]),
        ("{{ json_value('raw.shipping', '$.address') }} as place", ["place"]),
        ("{{ json_value('members', '$[0].email') }} as member", ["member"]),
        ("length({{ json_value('shipping', '$.address.line1') }}) as size", [""]),
        ("cast(shipping as string) as parcel", [""]),
        ("where email is not null", [""]),
        ("{{ json_value('shipping', '$.address.country') }} as country, -- not the email", []),
        ("email_token, emails", []),
    ],
)
def test_every_use_of_a_classified_field_is_seen(sql: str, expected: list[str]) -> None:
    assert tokens(sql, ["email", "members", "shipping.address.line1"]) == expected
