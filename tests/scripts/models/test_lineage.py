from __future__ import annotations

from scripts.models.lineage import Downstream, downstream, ways_down

MANIFEST = {
    "sources": {
        "source.hallmark.raw_payments.charges": {"source_name": "raw_payments", "name": "charges"},
        "source.hallmark.raw_zephyr.charges": {"source_name": "raw_zephyr", "name": "charges"},
    },
    "child_map": {
        "source.hallmark.raw_payments.charges": [
            "model.hallmark.stg_payments__charges",
            "test.hallmark.not_null.1a2b",
        ],
        "model.hallmark.stg_payments__charges": [
            "model.hallmark.fct_payments",
            "model.hallmark.dim_customers",
        ],
        "model.hallmark.fct_payments": ["model.hallmark.dim_customers", "exposure.hallmark.board"],
        "test.hallmark.not_null.1a2b": ["model.hallmark.never"],
    },
}


def test_models_come_nearest_first_each_once_and_tests_lead_nowhere() -> None:
    assert downstream(MANIFEST, "payments", "charges") == Downstream(
        models=("stg_payments__charges", "fct_payments", "dim_customers"), exposures=("board",)
    )


def test_a_table_that_dbt_does_not_know_has_nothing_below_it() -> None:
    assert downstream(MANIFEST, "payments", "ghosts") == Downstream(models=(), exposures=())


def test_each_last_reader_is_reached_on_the_shortest_way() -> None:
    assert ways_down(MANIFEST, "model.hallmark.stg_payments__charges") == [
        ("dim_customers",),
        ("fct_payments", "exposure board"),
    ]


def test_a_version_of_a_model_keeps_its_number() -> None:
    manifest = {"child_map": {"model.hallmark.a": ["model.hallmark.pub_a.v1"]}}
    assert ways_down(manifest, "model.hallmark.a") == [("pub_a.v1",)]
