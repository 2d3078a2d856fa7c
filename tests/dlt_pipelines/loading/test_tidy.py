from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from contracts.odcs import Field
from dlt_pipelines.loading.tidy import collapser, tidier

CARD = Field(
    name="card",
    type="object",
    fields=(
        Field(name="checks", type="object"),
        Field(name="pin", type="integer", pii=True),
        Field(name="payer", type="string", reference="customers"),
    ),
)


def token(value: str) -> str:
    return f"token of {value}"


@pytest.mark.parametrize("name", ["card", "class", "None", "from"])
@pytest.mark.parametrize("many", [False, True], ids=["object", "list"])
def test_a_field_may_have_any_name(name: str, many: bool) -> None:
    field = msgspec.structs.replace(CARD, name=name, type="array" if many else "object")
    card = SimpleNamespace(checks=msgspec.Raw(b"{ }"), pin=12, payer="cus_1", _extra_0="unknown")
    row = SimpleNamespace(**{name: [card] if many else card})
    clean = tidier([field], {name: ["unknown"]}, token)
    assert clean is not None
    clean(row)
    assert vars(card) == {
        "checks": msgspec.Raw(b"{}"),
        "pin": "token of 12",
        "payer": "cus_1",
        "_extra_0": None,
    }


@pytest.mark.parametrize("kind", ["object", "array"])
def test_what_is_not_there_is_left_alone(kind: str) -> None:
    field = msgspec.structs.replace(CARD, type=kind)
    row = SimpleNamespace(card=None)
    for clean in (tidier([field], {}, token), collapser([field])):
        assert clean is not None
        clean(row)
    assert row.card is None


def test_verbatim_json_that_is_null_is_the_same_as_none() -> None:
    row = SimpleNamespace(raw=msgspec.Raw(b"null"), secret=msgspec.Raw(b"null"))
    fields = [
        Field(name="raw", type="object"),
        Field(name="secret", type="object", pii=True),
    ]
    clean = tidier(fields, {}, token)
    assert clean is not None
    clean(row)
    assert vars(row) == {"raw": None, "secret": None}


def test_plain_fields_cost_nothing() -> None:
    assert tidier([Field(name="id", type="string")], {}, token) is None
    assert collapser([Field(name="id", type="string")]) is None
