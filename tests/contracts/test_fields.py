"""Which fields a change hits."""

from __future__ import annotations

import pytest

from contracts.diff import Change
from contracts.fields import hits


def _change(path: str, field: str) -> Change:
    return Change(op="change", path=path, field=field, rule="type")


@pytest.mark.parametrize(
    ("field", "hit"),
    [
        ("customer.address.city", True),
        ("customer.address", True),
        ("customer", True),
        ("customer.address.city.code", True),
        ("customer.name", False),
        ("customer.address.cit", False),
        ("/customer/address/city", True),
        ("/customer/address", True),
        ("/customer/add", False),
    ],
)
def test_a_change_hits_its_field_and_those_above_and_below(field: str, hit: bool) -> None:
    assert hits(_change("/customer/address/city", "customer.address.city"), [field]) is hit


@pytest.mark.parametrize("field", ["lines[].price", "lines[*].price", "/lines/0/price"])
def test_array_indices_do_not_count(field: str) -> None:
    assert hits(_change("/lines/price", "lines.price"), [field])
    assert not hits(_change("/lines/tax", "lines.tax"), [field])


def test_no_field_means_all_and_the_whole_hits_every_field() -> None:
    assert hits(_change("/a", "a"), [])
    assert hits(_change("", ""), ["b", "/c"])


def test_one_of_several_fields_is_enough() -> None:
    assert hits(_change("/a", "a"), ["b", "a"])
