"""No decoded row and no reject holds what the contract calls PII."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from charges import CHARGES, TOKENS, as_table, encoded, page, slowly
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.diff import walk
from contracts.odcs import Entity, Field, load_source
from dlt_pipelines.loading.decode import Decoded, Decoder

SECRET = "Ж"  # stands in no contract and in no token
SECRETS = st.text(SECRET, min_size=3, max_size=12)
PAYER = Field(name="payer", type="string", pii=True, reference="customer")
PERSONAL = replace(
    CHARGES,
    fields=(
        *CHARGES.fields,
        PAYER,
        Field(name="born", type="integer", pii=True),
        Field(name="names", type="array", pii=True),
    ),
)


def decoded(entity: Entity, row: object) -> list[Decoded]:
    """What becomes of a row in one call, and alone."""
    return [
        Decoder(entity, TOKENS).page(page(row), "/rows"),
        slowly(Decoder(entity, TOKENS), row),
    ]


def told(each: Decoded, entity: Entity) -> str:
    """All that goes on from here: rows, rejects, and the table."""
    kept = msgspec.json.encode([msgspec.structs.asdict(row) for row in each.rows]).decode()
    why = "".join(f"{reject.path} {reject.reason}" for reject in each.rejects)
    return kept + why + (str(as_table(each, entity).to_pylist()) if each.rows else "")


@given(
    st.fixed_dictionaries(
        {"id": st.text("abc"), "amount": st.just(1)},
        optional={
            "email": SECRETS,
            "address": st.dictionaries(SECRETS, SECRETS),
            "card": st.fixed_dictionaries({"last4": SECRETS, "brand": st.just("visa")}),
            "payers": st.lists(st.fixed_dictionaries({"name": SECRETS}), max_size=3),
            "payer": SECRETS,
            "names": st.lists(SECRETS, min_size=1),
        },
    )
)
def test_a_decoded_row_never_holds_a_pii_value(row: dict[str, Any]) -> None:
    for each in decoded(PERSONAL, row):
        assert each.rejects == []
        assert SECRET not in told(each, PERSONAL)
        assert "\\u0416" not in told(each, PERSONAL)


def test_pii_of_any_type_is_a_token() -> None:
    born = 19_800_101
    for each in decoded(PERSONAL, {"id": "ch_1", "amount": 1, "born": born, "names": ["Kim"]}):
        (row,) = as_table(each, PERSONAL).to_pylist()
        assert row["born"] == TOKENS.token(str(born))
        assert row["names"] == TOKENS.token('["Kim"]')


@settings(max_examples=50)
@given(
    st.sampled_from(["email", "payer", "born"]),
    st.sampled_from([[SECRET * 3], {"id": SECRET * 3}, {"name": SECRET * 3}, True, 0.5]),
)
def test_pii_of_the_wrong_type_is_rejected_without_its_value(name: str, value: object) -> None:
    for each in decoded(PERSONAL, {"id": "ch_1", "amount": 1, name: value}):
        (reject,) = each.rejects
        assert (each.rows, reject.path, reject.key) == ([], f"$.{name}", "ch_1")
        assert SECRET not in f"{reject.reason}{reject.path}"


def test_pii_beside_an_expanded_reference_is_a_token_too() -> None:
    entity = replace(
        PERSONAL, fields=(*PERSONAL.fields, Field(name="invoice", type="string", reference="in"))
    )
    row = {"id": "ch_1", "amount": 1, "invoice": {"id": "in_1"}, "payer": SECRET, "email": SECRET}
    for each in decoded(entity, row):
        (got,) = as_table(each, entity).to_pylist()
        assert got["invoice"] == "in_1"
        assert got["payer"] == got["email"] == TOKENS.token(SECRET)


ENTITIES = [*load_source("payments").entities.values(), *load_source("zephyr").entities.values()]


def personal(fields: tuple[Field, ...], chance: random.Random) -> dict[str, Any]:
    """An object whose PII, all of it, is the secret."""
    row: dict[str, Any] = {}
    for field in fields:
        if field.fields:
            inside = personal(field.fields, chance)
            row[field.name] = inside if field.type == "object" else [inside]
        elif field.pii:
            row[field.name] = {"string": SECRET, "object": {SECRET: SECRET}}.get(
                field.type, [SECRET]
            )
        elif field.required:
            row[field.name] = "1" if field.type == "string" else 1
    return row


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda each: f"{each.source}-{each.name}")
def test_no_contract_lets_its_pii_through(entity: Entity) -> None:
    row = personal(entity.fields, random.Random(1))
    has_pii = any(field.pii for _, field in walk(entity.fields))
    assert (SECRET.encode() in bytes(encoded(row))) == has_pii
    for each in decoded(entity, row):
        assert len(each.rows) == 1
        assert SECRET not in told(each, entity)
