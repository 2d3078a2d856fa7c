"""Accepting drift changes a contract's text so that it accepts what came, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from difflib import ndiff
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.amend import Amendment, amend, amend_source
from contracts.diff import Change, diff, walk
from contracts.drift import observe
from contracts.odcs import FOLDER, Entity, load_entity
from dlt_pipelines.control.drift import Recorded
from dlt_pipelines.errors import ConfigurationError
from tests.shapes import Row, shape_of

SHIPPED = sorted(
    path for path in FOLDER.glob("*/*.yaml") if not path.name.endswith("contract.yaml")
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)
ORDERS = """\
# Orders of the shop.
version: 1.2.3  # by hand
customProperties:
  - {property: lastUpdatedAt, value: "2026-01-01"}
schema:
  - name: orders
    description: One row per order.
    customProperties:
      - property: ignored
        value: [secret]
    properties:
      - name: id
        logicalType: string
        physicalType: VARCHAR
        required: true   # the key
        primaryKey: true
      - name: weight
        logicalType: integer
        physicalType: BIGINT
        required: true
      - name: total
        logicalType: integer
        physicalType: BIGINT
        customProperties: [{property: money, value: currency}]
      - name: status
        logicalType: string
        physicalType: VARCHAR
        customProperties: [{property: values, value: [open, paid]}]  # the API's list
      - name: stage
        logicalType: string
        physicalType: VARCHAR
        customProperties:
          - property: values
            value:
              - early  # before noon
              - late
      - name: buyer
        logicalType: object
        physicalType: JSON
        properties:
          - name: city
            logicalType: string
            physicalType: VARCHAR
            description: >-
              City of the
              buyer

      # The items come last.
      - name: items
        logicalType: array
        physicalType: JSON
        items:
          properties: [{name: sku, logicalType: string, physicalType: VARCHAR}]

# The end.
"""
FULL: Row = {"id": "1", "weight": 5, "total": 5, "status": "open", "stage": "late"}


def entity_of(text: str, folder: Path) -> Entity:
    path = folder / "orders.yaml"
    path.write_text(text, "utf-8")
    return load_entity(path, "shop")


def drifted(entity: Entity, **values: Any) -> Recorded:
    return Recorded(
        source=entity.source,
        entity=entity.name,
        **{"old": "", "new": "", "found": (), "example": "", "message": ""} | values,
        contract_version=entity.version,
        run_id="run_1",
        first_seen=NOON,
        last_seen=NOON,
        times_seen=1,
    )


def recorded(entity: Entity, rows: Sequence[Row], earlier: frozenset[str]) -> list[Recorded]:
    found = observe(entity, shape_of(rows, entity), earlier)
    return [drifted(entity, **msgspec.structs.asdict(one)) for one in found]


def accepted(text: str, rows: Sequence[Row], folder: Path) -> tuple[Amendment, list[Change]]:
    """The amendment for what rows show, and what it changes; the rows are drift no longer."""
    before = entity_of(text, folder)
    amendment = amend(text, before, recorded(before, rows, frozenset()), TODAY)
    after = entity_of(amendment.text, folder)
    if not amendment.undecided:
        assert observe(after, shape_of(rows, after), frozenset()) == []
    return amendment, diff(before, after)


CASES: dict[str, tuple[list[Row], tuple[str, str, str, Any], str]] = {
    "a new field": (
        [FULL | {"colour": "red"}],
        ("add", "colour", "field", None),
        "1.3.0",
    ),
    "a new field of two kinds that one type reads": (
        [FULL | {"size": 1}, FULL | {"size": 0.5}],
        ("add", "size", "field", None),
        "1.3.0",
    ),
    "a new field in an object": (
        [FULL | {"buyer": {"city": "x", "street": "y"}}],
        ("add", "buyer.street", "field", None),
        "1.3.0",
    ),
    "a new field whose name YAML reads as something else": (
        [FULL | {"on": True}],
        ("add", "on", "field", None),
        "1.3.0",
    ),
    "a wider type": (
        [FULL | {"weight": 0.5}],
        ("change", "weight", "type", "number"),
        "2.0.0",
    ),
    "null in a required field": (
        [FULL | {"weight": None}, FULL],
        ("change", "weight", "required", False),
        "2.0.0",
    ),
    "a required field that is gone": (
        [{name: FULL[name] for name in FULL if name != "weight"}],
        ("change", "weight", "required", False),
        "2.0.0",
    ),
    "a new value of a list in brackets": (
        [FULL | {"status": "lost, or not"}],
        ("add", "status", "value", "lost, or not"),
        "1.3.0",
    ),
    "a new value of a list with a line for each": (
        [FULL | {"stage": "no"}],
        ("add", "stage", "value", "no"),
        "1.3.0",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_came_is_accepted_and_nothing_else_changes(name: str, tmp_path: Path) -> None:
    rows, expected, version = CASES[name]
    amendment, (change,) = accepted(ORDERS, rows, tmp_path)
    op, field, rule, new = expected
    assert (change.op, change.field, change.rule) == (op, field, rule)
    assert new is None or change.new == new
    assert amendment.undecided == ()
    assert amendment.breaking == (version == "2.0.0")
    document = yaml.safe_load(amendment.text)
    assert document["version"] == version
    assert document["customProperties"][0]["value"] == "2026-11-21"


@pytest.mark.parametrize("name", CASES)
def test_every_other_line_stays_as_it_was(name: str, tmp_path: Path) -> None:
    amendment, _ = accepted(ORDERS, CASES[name][0], tmp_path)
    lines = list(ndiff(ORDERS.splitlines(), amendment.text.splitlines()))
    gone = [line.split()[1].rstrip(":") for line in lines if line.startswith("- ")]
    touched = {"version", "-", "logicalType", "physicalType", "required", "customProperties"}
    assert gone[:2] == ["version", "-"]
    assert set(gone) <= touched
    assert len(gone) <= 4


UNDECIDED: dict[str, tuple[Row, str]] = {
    "kinds that no type reads": ({"weight": "5"}, "weight: no type reads integer and string"),
    "money": ({"total": 0.5}, "total: it came as number"),
    "a field of null alone": ({"colour": None}, "colour: no type reads null alone"),
    "a field of a list in brackets": ({"items": [{"a": 1}]}, "items.a: items does not list"),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_needs_a_person_is_told_and_changes_nothing(name: str, tmp_path: Path) -> None:
    row, reason = UNDECIDED[name]
    amendment, changes = accepted(ORDERS, [FULL | row], tmp_path)
    assert changes == []
    assert amendment.text == ORDERS
    assert any(each.startswith(reason) for each in amendment.undecided)


def test_a_moment_in_time_keeps_its_type(tmp_path: Path) -> None:
    money, epoch = "{property: money, value: currency}", "{property: epoch, value: seconds}"
    assert money in ORDERS
    amendment, changes = accepted(ORDERS.replace(money, epoch), [FULL | {"total": 0.5}], tmp_path)
    assert changes == []
    assert amendment.undecided == ("total: it came as number; a key, money and time stay integer",)


def test_the_key_stays_required(tmp_path: Path) -> None:
    amendment, changes = accepted(ORDERS, [{**FULL, "id": None}], tmp_path)
    assert changes == []
    assert amendment.undecided == ("id: rows without their key cannot be told apart",)


def test_an_optional_field_that_stopped_coming_is_a_persons_matter(tmp_path: Path) -> None:
    before = entity_of(ORDERS, tmp_path)
    drift = recorded(before, [FULL], frozenset({"/buyer"}))
    amendment = amend(ORDERS, before, drift, TODAY)
    assert (amendment.text, len(amendment.undecided)) == (ORDERS, 1)


@pytest.mark.parametrize("name", CASES)
def test_what_was_accepted_is_not_accepted_again(name: str, tmp_path: Path) -> None:
    before = entity_of(ORDERS, tmp_path)
    drift = recorded(before, CASES[name][0], frozenset())
    once = amend(ORDERS, before, drift, TODAY).text
    assert amend(once, entity_of(once, tmp_path), drift, TODAY) == Amendment(
        text=once, changes=(), undecided=(), breaking=False
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_everything_at_once_can_be_accepted_by_the_shipped_contracts(
    path: Path, tmp_path: Path
) -> None:
    before = load_entity(path, path.parent.name)
    expected: set[tuple[str, str]] = set()
    drift: list[Recorded] = []

    def expect(rule: str, field: str, kind: str, *found: str) -> None:
        expected.add((rule, field))
        verdict = "breaking" if kind in ("null_in_required", "type_change") else "compatible"
        drift.append(drifted(before, field=field, kind=kind, verdict=verdict, found=found))

    for place, field in walk(before.fields):
        name = place.field
        if field.fields and not before.ignores(f"{name}.new"):
            expect("field", f"{name}.new", "new_field", "string")
        if field.values:
            expect("value", name, "new_value", *(f"value {number}" for number in range(9)))
        if field.required and name != before.key:
            expect("required", name, "null_in_required")
        if field.type == "integer" and not (field.money or field.epoch or name == before.key):
            expect("type", name, "type_change", "number")
    amendment = amend(path.read_text("utf-8"), before, drift, TODAY)
    assert amendment.undecided == ()
    after = entity_of(amendment.text, tmp_path)
    assert {(change.rule, change.field) for change in diff(before, after)} == expected


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: "." not in name and name not in FULL and name not in ("buyer", "items", "secret")
)


@settings(deadline=None)  # the first example pays for the imports
@given(name=NAMES, text=NAMES)
def test_any_name_and_any_value_can_be_accepted(
    name: str, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    _, changes = accepted(ORDERS, [FULL | {name: 1, "status": text}], folder)
    told = {(change.rule, change.field, change.new) for change in changes if change.rule == "value"}
    assert told == ({("value", "status", text)} if text not in ("open", "paid") else set())
    assert [change.field for change in changes if change.rule == "field"] == [name]


def test_the_sources_own_contract_takes_the_next_version() -> None:
    text = 'source: shop\nversion: 1.2.3  # of all\nlastUpdatedAt: "2026-01-01"\nentities: []\n'
    minor = amend_source(text, breaking=False, today=TODAY)
    assert minor == text.replace("1.2.3", "1.3.0").replace("2026-01-01", "2026-11-21")
    assert "version: 2.0.0  # of all" in amend_source(text, breaking=True, today=TODAY)


def test_a_version_of_other_than_three_numbers_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="three numbers"):
        amend_source("version: next", breaking=False, today=TODAY)
