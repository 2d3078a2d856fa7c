"""What counts as a change of a table's promise, and which readers it breaks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from contracts_of import AMOUNT, KEY, STATUS, TABLE, TABLES
from hypothesis import given
from msgspec.structs import replace

from contracts.compatibility import Finding, judge
from contracts.table_compatibility import TABLE_RULES
from contracts.table_diff import diff_tables
from contracts.tables import Column, Table, tables

TODAY = date(2026, 11, 20)


def findings(*, old: Table | None, new: Table | None) -> list[Finding]:
    before, after = ({table.key: table} if table else {} for table in (old, new))
    changes = [change for _, changes in diff_tables(before, after) for change in changes]
    return judge(changes, TABLE_RULES)


def reads(reader: Table, rows: Table) -> bool:
    """A reader that names every column it knows and relies on all that was promised of it."""
    found = {column.name: column for column in rows.columns}
    moved = reader.relation != rows.relation and not (reader.is_latest and not rows.is_latest)
    return (
        not moved
        and set(reader.constraints) <= set(rows.constraints)
        and (reader.access, rows.access) not in {("public", "private"), ("public", "protected")}
        and all(
            column.name in found
            and found[column.name].type == column.type
            and found[column.name].required >= column.required
            for column in reader.columns
        )
    )


@given(old=TABLES, new=TABLES)
def test_a_change_breaks_exactly_when_a_reader_of_the_old_promise_fails(
    old: Table, new: Table
) -> None:
    broken = any(finding.breaks == "forward" for finding in findings(old=old, new=new))
    assert broken == (not reads(old, new))


@given(TABLES)
def test_the_same_promise_is_no_change(table: Table) -> None:
    assert findings(old=table, new=table) == []


@pytest.mark.parametrize(
    ("new", "rule", "message"),
    [
        ((KEY, STATUS), "column_removed", "amount (bigint) is gone; who names it fails"),
        (
            (KEY, replace(AMOUNT, name="gross"), STATUS),
            "column_renamed",
            "amount is gone and seems to be gross now; who names amount fails",
        ),
        (
            (KEY, replace(AMOUNT, type="decimal(22,3)"), STATUS),
            "column_type_changed",
            "amount was bigint and is decimal(22,3); who compares or stores it may fail",
        ),
        (
            (KEY, AMOUNT, STATUS, replace(STATUS, name="kind")),
            "column_added",
            "kind is new (varchar)",
        ),
        (
            (KEY, AMOUNT, replace(STATUS, required=True)),
            "column_made_required",
            "status is never null now",
        ),
    ],
    ids=["removed", "renamed", "type", "added", "required"],
)
def test_a_changed_column_is_told_in_words(
    new: tuple[Column, ...], rule: str, message: str
) -> None:
    (finding,) = findings(old=TABLE, new=replace(TABLE, columns=new))
    assert (finding.rule, finding.message) == (rule, message)


def test_a_column_that_went_while_another_type_came_is_not_taken_for_renamed() -> None:
    new = replace(TABLE, columns=(KEY, replace(STATUS, name="kind"), STATUS))
    rules = {finding.rule for finding in findings(old=TABLE, new=new)}
    assert rules == {"column_removed", "column_added"}


def test_the_order_of_columns_is_no_promise() -> None:
    assert findings(old=TABLE, new=replace(TABLE, columns=(STATUS, AMOUNT, KEY))) == []


def test_a_version_that_gives_its_plain_name_away_is_still_there() -> None:
    new = replace(TABLE, is_latest=False, relation="gold.fct_payments_v1")
    (finding,) = findings(old=TABLE, new=new)
    assert (finding.rule, finding.breaks) == ("no_longer_latest", "nothing")


@pytest.mark.parametrize(
    ("retired", "rule"), [(False, "table_removed"), (True, "retired_table_removed")]
)
def test_a_table_may_go_when_its_deprecation_date_has_passed(retired: bool, rule: str) -> None:
    (finding,) = findings(old=replace(TABLE, retired=retired), new=None)
    assert finding.rule == rule


NODE: dict[str, Any] = {
    "unique_id": "model.hallmark.pub_payments.v2",
    "resource_type": "model",
    "name": "pub_payments",
    "version": 2,
    "latest_version": 2,
    "deprecation_date": "2026-11-20T00:00:00+00:00",
    "description": "One row per charge.",
    "schema": "activation",
    "alias": "pub_payments",
    "access": "public",
    "contract": {"enforced": True},
    "constraints": [{"type": "check", "expression": "amount >= 0", "columns": []}],
    "columns": {
        "charge_id": {
            "name": "charge_id",
            "data_type": "string",
            "description": "Identifier of the charge.",
            "config": {"meta": {"classification": "pii"}},
            "constraints": [{"type": "primary_key", "expression": None}],
        },
        "gross_major": {"name": "gross_major", "data_type": "Decimal(22, 3)", "constraints": []},
    },
}


def test_a_model_in_the_manifest_is_read_as_a_table() -> None:
    assert tables({"nodes": {"model": NODE}}, TODAY) == {
        ("pub_payments", 2): Table(
            node="model.hallmark.pub_payments.v2",
            name="pub_payments",
            version=2,
            is_latest=True,
            relation="activation.pub_payments",
            access="public",
            columns=(
                Column(
                    name="charge_id",
                    type="varchar",
                    required=True,
                    pii=True,
                    description="Identifier of the charge.",
                ),
                Column(name="gross_major", type="decimal(22,3)", required=False),
            ),
            constraints=("check (amount >= 0)", "primary key (charge_id)"),
            retired=True,
            retires="2026-11-20",
            description="One row per charge.",
        )
    }


def test_a_model_without_versions_is_its_version_1() -> None:
    node = NODE | {"version": None, "latest_version": None, "deprecation_date": None}
    (table,) = tables({"nodes": {"model": node}}, TODAY).values()
    assert (table.version, table.is_latest, table.retired) == (1, True, False)


@pytest.mark.parametrize(
    "field", [{"contract": {"enforced": False}}, {"resource_type": "seed"}], ids=str
)
def test_what_promises_nothing_is_no_table(field: dict[str, Any]) -> None:
    assert tables({"nodes": {"model": NODE | field}}, TODAY) == {}
