"""Where a column of raw goes: through models, seeds and what is read on the way, to exposures."""

from __future__ import annotations

from typing import Any

from contracts.lineage import below, exposures, lineage

Node = dict[str, Any]
STORED = {"raw": {"charges": ["id", "amount", "status", "details"]}}


def node(name: str, schema: str, sql: str, columns: str, *, above: str = "") -> Node:
    return {
        "resource_type": "model",
        "schema": schema,
        "alias": name,
        "columns": dict.fromkeys(columns.split()),
        "compiled_code": sql,
        "config": {"materialized": "table"},
        "depends_on": {"nodes": above.split()},
    }


MANIFEST: Node = {
    "nodes": {
        "seed.statuses": {
            "resource_type": "seed",
            "schema": "silver",
            "alias": "statuses",
            "columns": {"status": None, "phase": None},
        },
        "model.stg": node(
            "stg",
            "silver",
            "select charges.id, charges.amount, statuses.phase,"
            " json_extract_string(charges.details, '$.card.brand') as brand"
            " from db.raw.charges left join db.silver.statuses"
            " on charges.status = statuses.status",
            "id amount phase brand",
        ),
        "model.fct": node(
            "fct", "gold", "select id, amount * 2 as doubled from silver.stg", "id doubled"
        ),
        "model.rpt": node(
            "rpt",
            "gold",
            "select sum(doubled) as total from gold.fct where id is not null",
            "total",
        ),
    },
    "sources": {},
    "exposures": {
        "exposure.board": {"name": "board", "depends_on": {"nodes": ["model.rpt"]}},
        "exposure.list": {"name": "list", "depends_on": {"nodes": ["model.stg"]}},
    },
}
KNOWN = lineage(MANIFEST, STORED)


def test_a_column_is_followed_to_all_that_is_made_of_it() -> None:
    found = below(KNOWN, "raw.charges", "amount")
    assert found.columns == {
        "silver.stg": ("amount",),
        "gold.fct": ("doubled",),
        "gold.rpt": ("total",),
    }
    assert found.rows == ()
    assert exposures(MANIFEST, found.tables) == ["board", "list"]


def test_a_column_that_rows_are_chosen_by_is_told_by_table() -> None:
    found = below(KNOWN, "raw.charges", "id")
    assert found.columns == {"silver.stg": ("id",), "gold.fct": ("id",)}
    assert found.rows == ("gold.rpt",)
    assert below(KNOWN, "raw.charges", "status").rows == ("silver.stg",)


def test_names_are_followed_in_any_case() -> None:
    assert (
        below(KNOWN, "raw.charges", "Amount").columns
        == below(KNOWN, "raw.charges", "amount").columns
    )


def test_a_path_in_json_meets_what_holds_it_and_what_it_holds() -> None:
    for column in ("details", "details.card", "details.card.brand", "details.card.brand.x"):
        assert below(KNOWN, "raw.charges", column).columns == {"silver.stg": ("brand",)}
    for column in ("details.bank", "detail", "details.card.brandx"):
        assert below(KNOWN, "raw.charges", column).tables == []


def test_a_seed_has_readers_too() -> None:
    assert below(KNOWN, "silver.statuses", "phase").columns == {"silver.stg": ("phase",)}


def test_the_whole_table_is_any_of_its_columns() -> None:
    assert below(KNOWN, "silver.stg", "*").tables == ["gold.fct", "gold.rpt"]


def test_sql_that_cannot_be_told_apart_reads_all_of_its_parents() -> None:
    """Through what is only read on the way, which has no table."""
    between = node("int", "gold", "", "", above="model.stg")
    between["config"] = {"materialized": "ephemeral"}
    odd = node("odd", "gold", "select from (", "one two", above="model.int")
    nodes = {**MANIFEST["nodes"], "model.int": between, "model.odd": odd}
    known = lineage({**MANIFEST, "nodes": nodes}, STORED)
    found = below(known, "raw.charges", "amount")
    assert found.columns["gold.odd"] == ("one", "two")
    assert "gold.odd" in found.rows


def test_a_column_that_a_change_took_away_still_has_its_readers() -> None:
    stored = {**STORED, "silver": {"stg": ["gone"]}}
    late = node("late", "gold", "select * from silver.stg", "id gone")
    known = lineage({**MANIFEST, "nodes": {**MANIFEST["nodes"], "model.late": late}}, stored)
    assert below(known, "silver.stg", "gone").columns == {"gold.late": ("gone",)}
