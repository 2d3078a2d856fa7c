from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scripts.masked import lines_of, masked

ROW = {"id": "ch_1", "amount": None, "items": [{"price": "12", "paid": True}, {}], "rate": 1.5}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_names_and_structure_stay_and_values_go() -> None:
    items = [{"price": "…", "paid": "…"}, {}]
    assert masked(ROW) == {"id": "…", "amount": None, "items": items, "rate": "#"}


def test_what_does_not_fit_is_marked_wherever_it_is() -> None:
    lines = list(lines_of(ROW, "$.items[...].price", "Expected `int`", reveal=False))
    assert [line.strip() for line in lines if "←" in line] == ['"price": "…"  ← Expected `int`']
    (whole, *_) = lines_of(ROW, "$", "missing", reveal=False)
    assert whole == "{  ← missing"


@given(VALUES)
def test_no_value_is_left(value: Any) -> None:
    assert set(leaves(masked(value))) <= {"…", "#", None}


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [leaf for each in inner for leaf in leaves(each)]
    return [value]
