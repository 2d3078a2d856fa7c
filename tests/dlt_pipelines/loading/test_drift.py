"""What runs record of drift, and when that freezes their source and frees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from contracts.odcs import Auth, Entity, Field, Limits, Source
from dlt_pipelines.control import drift, freeze
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.errors import StorageError
from dlt_pipelines.loading.drift import record
from tests.shapes import Row, shape_of

CONTRACT = Entity(
    source="shop",
    name="orders",
    version="1.0.0",
    description="One row per order.",
    key="id",
    fields=(
        Field(name="id", type="string", required=True),
        Field(name="total", type="integer"),
        Field(name="status", type="string", values=("open", "paid")),
        Field(name="email", type="string", pii=True),
        Field(name="buyer", type="object", fields=(Field(name="n", type="string", pii=True),)),
    ),
)
FITS = {"id": "1", "total": 5}
BROKEN = {"id": "1", "total": "5"}

Load = Callable[..., dict[str, list[Any]]]


def source(contract: Entity) -> Source:
    return Source(
        name="shop",
        version="1.0.0",
        base_path="",
        auth=Auth(type="bearer"),
        limits=Limits(max_records=1, burst=1),
        paging={},
        entities={"orders": contract, "items": replace(contract, name="items")},
    )


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def load(warehouse: Path) -> Load:
    """Records the rows of one run after the other."""
    runs = iter(range(1, 100))

    def run(
        *rows: Row, entity: str = "orders", contract: Entity = CONTRACT, run_id: str = ""
    ) -> dict[str, list[Any]]:
        shapes = {entity: shape_of(rows, contract)}
        run_id = run_id or f"run_{next(runs)}"
        return record(warehouse, run_id=run_id, source=source(contract), shapes=shapes)

    return run


def frozen(warehouse: Path) -> list[tuple[str, str]]:
    with connect(warehouse, read_only=True) as connection:
        return [(each.entity, each.run_id) for each in freeze.active(connection)]


def stands(warehouse: Path) -> list[drift.Recorded]:
    with connect(warehouse, read_only=True) as connection:
        return drift.standing(connection, "shop")


def test_rows_as_contracted_leave_nothing_but_their_fields(load: Load, warehouse: Path) -> None:
    assert load(FITS) == {"orders": []}
    assert (stands(warehouse), frozen(warehouse)) == ([], [])
    with connect(warehouse, read_only=True) as connection:
        assert drift.known_fields(connection, "shop", "orders") == {"/id", "/total"}


def test_compatible_drift_is_recorded_and_freezes_nothing(load: Load, warehouse: Path) -> None:
    load(FITS | {"status": "lost", "colour": "red"})
    kinds = {(each.field, each.kind) for each in stands(warehouse)}
    assert kinds == {("status", "new_value"), ("colour", "new_field")}
    assert frozen(warehouse) == []


def test_a_field_that_earlier_runs_had_is_missed(load: Load, warehouse: Path) -> None:
    load(FITS)
    load({"id": "1"})
    assert [(each.field, each.kind) for each in stands(warehouse)] == [("total", "missing_field")]
    load(FITS)
    assert stands(warehouse) == []


def test_breaking_drift_freezes_until_rows_show_that_it_is_over(
    load: Load, warehouse: Path
) -> None:
    (found,) = load(BROKEN)["orders"]
    assert (found.field, found.verdict) == ("total", "breaking")
    assert frozen(warehouse) == [("orders", "run_1")]
    load(FITS)
    assert (stands(warehouse), frozen(warehouse)) == ([], [])
    load(BROKEN)
    assert frozen(warehouse) == [("orders", "run_3")]


@pytest.mark.parametrize(
    "rows", [(), ({"id": "2"},), ({"id": "2", "total": None},)], ids=["none", "without it", "null"]
)
def test_rows_that_do_not_have_the_field_prove_nothing(
    load: Load, warehouse: Path, rows: tuple[Row, ...]
) -> None:
    load(BROKEN)
    load(*rows)
    assert frozen(warehouse) == [("orders", "run_1")]


def test_all_that_broke_has_to_be_over_in_whichever_runs(load: Load, warehouse: Path) -> None:
    load(BROKEN | {"email": 5})
    load(FITS)
    assert frozen(warehouse) == [("orders", "run_1")]
    load({"id": "3", "email": "a@b.example"})
    assert frozen(warehouse) == []


def test_an_entity_freezes_and_frees_for_itself(load: Load, warehouse: Path) -> None:
    load(BROKEN)
    load(BROKEN, entity="items")
    load(FITS)
    assert frozen(warehouse) == [("items", "run_2")]


def test_a_contract_that_allows_it_ends_drift(load: Load, warehouse: Path) -> None:
    rows = {"id": "1", "status": "lost", "colour": "red", "total": 0.5}
    load(rows)
    assert len(stands(warehouse)) == 3
    fields = {field.name: field for field in CONTRACT.fields}
    amended = replace(
        CONTRACT,
        version="2.0.0",
        ignored=("colour",),
        fields=(
            fields["id"],
            replace(fields["total"], type="number"),
            replace(fields["status"], values=("open", "paid", "lost")),
        ),
    )
    load(rows, contract=amended)
    assert (stands(warehouse), frozen(warehouse)) == ([], [])


def test_a_value_that_did_not_come_again_is_still_not_listed(load: Load, warehouse: Path) -> None:
    load(FITS | {"status": "lost"})
    load(FITS | {"status": "open"})
    assert [each.found for each in stands(warehouse)] == [("lost",)]


def test_what_an_operator_lifted_comes_back_only_when_a_later_run_sees_it(
    load: Load, warehouse: Path
) -> None:
    load(BROKEN, run_id="first")
    with connect(warehouse) as connection:
        at = freeze.active(connection)[0].frozen_at
        freeze.lift(connection, source="shop", lifted_by="operator", reason="known", at=at)
    load(BROKEN, run_id="first")
    load({"id": "2"}, run_id="second")
    assert frozen(warehouse) == []
    load(BROKEN, run_id="third")
    assert frozen(warehouse) == [("orders", "third")]


def test_no_value_that_may_be_personal_is_stored(load: Load, warehouse: Path) -> None:
    secret = 123456789
    load({"id": "1", "email": secret, "buyer": [f"a{secret}"], "phone": f"+{secret}"})
    assert len(stands(warehouse)) == 3
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        written = connection.execute("from control.drift").fetchall()
        assert str(secret) not in str(
            written + connection.execute("from control.freeze").fetchall()
        )


def test_a_run_is_recorded_whole_or_not_at_all(
    load: Load, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(FITS)

    def fail(*_: object, **__: object) -> None:
        raise duckdb.IOException("disk full")

    monkeypatch.setattr(freeze, "freeze", fail)
    with pytest.raises(StorageError, match=r"STG001.*disk full"):
        load(BROKEN | {"colour": "red"})
    assert stands(warehouse) == []
    with connect(warehouse, read_only=True) as connection:
        assert "/colour" not in drift.known_fields(connection, "shop", "orders")
