"""Who is hit by a table whose check failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from expectations.results import Check, Exposure, Impact, Outcome
from scripts.models.impact import impacts

MANIFEST = {
    "sources": {
        "source.hallmark.raw_payments.charges": {
            "resource_type": "source",
            "schema": "raw_payments",
            "identifier": "charges",
        }
    },
    "nodes": {
        f"model.hallmark.{name}": {"resource_type": "model", "schema": schema, "alias": alias}
        for name, schema, alias in [
            ("stg_payments__charges", "silver", "stg_payments__charges"),
            ("pub_payments.v1", "activation", "pub_payments_v1"),
        ]
    },
    "exposures": {
        "exposure.hallmark.board": {
            "name": "board",
            "label": "Revenue board",
            "owner": {"name": "Head of Finance", "email": "finance@example.com"},
            "url": None,
        }
    },
    "child_map": {
        "source.hallmark.raw_payments.charges": ["model.hallmark.stg_payments__charges"],
        "model.hallmark.stg_payments__charges": [
            "model.hallmark.pub_payments.v1",
            "test.hallmark.not_null.1a2b",
        ],
        "model.hallmark.pub_payments.v1": ["exposure.hallmark.board"],
    },
}
BOARD = Exposure(name="Revenue board", owner="Head of Finance", url="")


def check_of(table: str, outcome: Outcome = "failed") -> Check:
    return Check(
        check_id=table,
        kind="expectation",
        table=table,
        name="rule",
        severity="critical",
        outcome=outcome,
        expected="",
    )


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST), "utf-8")
    return path


@pytest.mark.parametrize(
    ("table", "models"),
    [
        ("raw_payments.charges", ["stg_payments__charges", "pub_payments_v1"]),
        ("silver.stg_payments__charges", ["pub_payments_v1"]),
        ("activation.pub_payments_v1", []),
    ],
)
def test_what_is_built_from_a_table_is_hit_and_who_reads_that(
    manifest: Path, table: str, models: list[str]
) -> None:
    checks = [check_of(table), check_of(table), check_of("silver.other", "passed")]
    assert impacts(checks, manifest) == [Impact(table=table, models=models, exposures=[BOARD])]


def test_a_table_dbt_does_not_know_hits_nobody_known(manifest: Path) -> None:
    assert impacts([check_of("control.runs"), check_of("")], manifest) == []


def test_without_a_manifest_nobody_is_known(tmp_path: Path) -> None:
    assert impacts([check_of("silver.stg_payments__charges")], tmp_path / "none.json") == []
