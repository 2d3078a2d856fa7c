"""Columns are followed through SQL: what a result is made of, and what decides its rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.sql_reads import Origin, Reads, reads

TABLES = {"raw": {"charges": ["id", "amount", "fee", "details"], "refunds": ["charge", "amount"]}}


def of(sql: str) -> Reads:
    found = reads(sql, TABLES)
    assert found is not None
    return found


def named(sql: str) -> dict[str, set[str]]:
    """Each column of the result with `table.column` of what it is made of."""
    return {
        name: {f"{one.relation.removeprefix('raw.')}.{one.column}" for one in origins}
        for name, origins in of(sql).columns.items()
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "select amount + fee as gross from raw.charges",
            {"gross": {"charges.amount", "charges.fee"}},
        ),
        ('select amount from "warehouse"."raw"."charges"', {"amount": {"charges.amount"}}),
        (
            "with kept as (select * from raw.charges) select amount as paid from kept",
            {"paid": {"charges.amount"}},
        ),
        (
            "select kept.* from (select id, amount from raw.charges) as kept",
            {"id": {"charges.id"}, "amount": {"charges.amount"}},
        ),
        (
            "select id as key from raw.charges union all select charge from raw.refunds",
            {"key": {"charges.id", "refunds.charge"}},
        ),
        (
            "select sum(refunds.amount) as back from raw.charges"
            " left join raw.refunds on charges.id = refunds.charge group by charges.id",
            {"back": {"refunds.amount"}},
        ),
        (
            "select (select max(amount) from raw.refunds where charge = charges.id) as most"
            " from raw.charges",
            {"most": {"refunds.amount", "refunds.charge", "charges.id"}},
        ),
        (
            "select row_number() over (partition by id order by fee) as place from raw.charges",
            {"place": {"charges.id", "charges.fee"}},
        ),
        (
            "select json_extract_string(details, '$.card.brand') as brand from raw.charges",
            {"brand": {"charges.details.card.brand"}},
        ),
        (
            "with a as (select details -> '$.card' as card from raw.charges)"
            " select card ->> '$.brand' as brand from a",
            {"brand": {"charges.details.card.brand"}},
        ),
        (
            "with a as (select coalesce(details, '{}') as held from raw.charges)"
            " select held ->> '$.brand' as brand from a",
            {"brand": {"charges.details"}},
        ),
        (
            "select unnest(json_extract_string(details, '$[*]')) as item from raw.charges",
            {"item": {"charges.details"}},
        ),
        ("select 1 as one, count(*) as rows from raw.charges", {"one": set(), "rows": set()}),
        (
            "with recursive up as (select id from raw.charges union all"
            " select up.id from up join raw.refunds on up.id = refunds.charge) select id from up",
            {"id": {"charges.id"}},
        ),
    ],
    ids=[
        "an expression",
        "a name with its database",
        "a star through a CTE",
        "a star of a derived table",
        "a union by place",
        "an aggregate over a join",
        "a correlated subquery",
        "a window",
        "a path in JSON",
        "a path within a path",
        "a path in what was computed",
        "the items of a list",
        "no column at all",
        "a recursion",
    ],
)
def test_a_column_is_made_of_what_its_expression_names(
    sql: str, expected: dict[str, set[str]]
) -> None:
    assert named(sql) == expected


def test_what_rows_are_chosen_by_is_told_apart_from_what_columns_are_made_of() -> None:
    found = of(
        "select sum(charges.amount) as total from raw.charges"
        " join raw.refunds on charges.id = refunds.charge"
        " where charges.fee > 0 group by refunds.amount having count(*) > 1"
    )
    assert found.columns == {"total": frozenset({Origin("raw.charges", "amount")})}
    assert found.rows == {
        Origin("raw.charges", "id"),
        Origin("raw.refunds", "charge"),
        Origin("raw.charges", "fee"),
        Origin("raw.refunds", "amount"),
    }


def test_what_a_cte_filters_by_decides_the_rows_of_what_reads_it() -> None:
    found = of("with a as (select id from raw.charges where fee > 0) select id from a")
    assert found.rows == {Origin("raw.charges", "fee")}


def test_a_column_of_a_table_that_is_not_known_may_be_any_of_it() -> None:
    found = reads("select *, left_out from other.unknown join raw.charges using (id)", TABLES)
    assert found is not None
    assert Origin("other.unknown", "*") in found.everything
    assert Origin("raw.charges", "*") in found.columns["left_out"]


def test_what_is_no_sql_is_not_guessed_at() -> None:
    assert reads("select from where (", TABLES) is None


COLUMNS = st.sampled_from(["id", "amount", "fee"])
EXPRESSIONS = st.recursive(
    COLUMNS.map("src.{}".format),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("({0[0]} + {0[1]})".format),
        inner.map("coalesce({}, 0)".format),
        st.tuples(inner, inner).map("case when {0[0]} > 1 then {0[1]} end".format),
        inner.map("sum({}) over (order by src.id)".format),
    ),
    max_leaves=5,
)


@given(
    projections=st.lists(EXPRESSIONS, min_size=1, max_size=3),
    condition=st.none() | EXPRESSIONS.filter(lambda text: "over" not in text),
    wraps=st.lists(st.sampled_from(["cte", "derived", "union", "star"]), max_size=3),
)
def test_no_column_that_the_sql_names_is_lost(
    projections: list[str], condition: str | None, wraps: list[str]
) -> None:
    """However deep a query stands in others that pass its columns on."""
    listed = ", ".join(f"{each} as c{place}" for place, each in enumerate(projections))
    sql = f"select {listed} from raw.charges as src"
    sql += f" where {condition} > 0" if condition else ""
    wanted = {name for name in ("id", "amount", "fee") if f"src.{name}" in sql}
    columns = ", ".join(f"c{place}" for place in range(len(projections)))
    for depth, wrap in enumerate(wraps):
        sql = {
            "cte": f"with t{depth} as ({sql}) select {columns} from t{depth}",
            "derived": f"select {columns} from ({sql}) as t{depth}",
            "union": f"select * from ({sql}) as a union all select * from ({sql}) as b",
            "star": f"select t{depth}.* from ({sql}) as t{depth}",
        }[wrap]
    assert {one.column for one in of(sql).everything} == wanted
