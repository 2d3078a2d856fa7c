"""Which versions publishing would write, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from contracts_of import AMOUNT, ANY, ID, KEY, STATUS, entity, of, table
from hypothesis import given
from msgspec.structs import replace

from contracts.contract import LAYERS, Contract, of_table
from contracts.odcs import Field
from contracts.publication import Step, plan
from contracts.published import Published

ALL = frozenset(LAYERS)
ORDERS = of(entity(Field(name="amount", type="integer")))
NARROWED = entity(Field(name="amount", type="integer", required=True))


def published(contract: Contract, number: int = 1, **more: Any) -> Published:
    return Published(**{"number": number, "status": "active", "contract": contract} | more)


def planned(last: Published | None, contract: Contract | None) -> list[Step]:
    before = {last.contract.key: last} if last else {}
    return plan(before, {contract.key: contract} if contract else {}, ALL)


def one(last: Published | None, contract: Contract | None) -> Step:
    (step,) = planned(last, contract)
    return step


@given(ANY)
def test_what_was_published_is_not_published_again(contract: Contract) -> None:
    first = one(None, contract)
    assert (first.published.number, first.kind, first.refused) == (1, "new", False)
    assert planned(first.published, contract) == []


def test_any_change_has_the_next_number() -> None:
    wider = table(columns=(KEY, AMOUNT, STATUS, replace(STATUS, name="note")))
    step = one(published(table(), 4), wider)
    assert (step.published.number, step.kind, step.breaking) == (5, "changed", False)


def test_other_words_are_a_version_that_breaks_nothing() -> None:
    step = one(published(table()), table(description="One row per charge that was tried."))
    assert (step.kind, step.findings, step.breaking) == ("reworded", [], False)


def test_the_order_of_columns_is_no_change() -> None:
    assert planned(published(table()), table(columns=(STATUS, AMOUNT, KEY))) == []


@pytest.mark.parametrize("access", ["protected", "public"])
def test_what_breaks_readers_of_a_model_is_refused_with_the_way_out(access: str) -> None:
    step = one(published(table(access=access)), table(access=access, columns=(KEY, STATUS)))
    assert step.breaking and step.refused
    assert "leave version 1 of fct_payments as it was" in step.remedy


def test_what_is_private_may_break() -> None:
    step = one(published(table(access="private")), table(access="private", columns=(KEY,)))
    assert step.breaking and not step.refused


@pytest.mark.parametrize(("version", "refused"), [("1.1.0", True), ("2.0.0", False)])
def test_an_api_that_breaks_readers_has_a_new_major_version(version: str, refused: bool) -> None:
    step = one(published(ORDERS), of(replace(NARROWED, version=version)))
    assert (step.breaking, step.refused) == (True, refused)


def test_raw_breaks_and_is_published_for_it_is_stored_so() -> None:
    raw = of_table(table().promise, layer="raw", namespace="raw_shop", owner="")  # type: ignore[arg-type]
    narrower = replace(raw, promise=replace(raw.promise, columns=(KEY,)))
    step = one(published(raw), narrower)
    assert step.breaking and not step.refused
    assert planned(published(raw), None) == []


def test_a_model_goes_when_its_deprecation_date_has_passed() -> None:
    assert one(published(table()), None).refused
    retired = table(retires="2026-11-19", retired=True)
    step = one(published(retired, status="deprecated"), None)
    assert (step.kind, step.published.status, step.refused) == ("retired", "retired", False)
    assert planned(step.published, None) == []


def test_a_model_that_comes_back_goes_on_counting() -> None:
    step = one(published(table(), 2, status="retired"), table())
    assert (step.kind, step.published.number, step.published.status) == ("new", 3, "active")


def test_a_deprecation_date_is_a_version() -> None:
    step = one(published(table()), table(retires="2027-06-30"))
    assert (step.published.status, step.breaking) == ("deprecated", False)


def test_layers_that_were_not_read_are_left_alone() -> None:
    last = published(table())
    assert plan({last.contract.key: last}, {}, ALL - {"gold"}) == []


def test_an_entity_that_goes_is_ended() -> None:
    step = one(published(of(entity(ID))), None)
    assert (step.kind, step.breaking, step.refused) == ("retired", True, False)
