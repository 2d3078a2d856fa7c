"""`hallmark freeze` and `hallmark contracts accept-drift`, as they are used."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.diff import Seen, Shape
from contracts.odcs import FOLDER, Entity, load_source
from dlt_pipelines import config
from dlt_pipelines.control import freeze
from dlt_pipelines.control.warehouse import connect
from dlt_pipelines.loading.drift import record

HELD = Seen(present=1, kinds=frozenset({"string"}), values=frozenset({"held"}))
AMOUNT_AS_TEXT = {"/amount": Seen(present=1, kinds=frozenset({"string"}))}


@pytest.fixture
def drifted(data_dir: Path) -> None:
    """A run in which charges had a new field and a new status, and payouts amounts as text."""
    source = load_source("payments")
    extra = {"/fraud_score": Seen(present=1, kinds=frozenset({"number"})), "/status": HELD}
    record(
        config.warehouse_path(),
        run_id="run_1",
        source=source,
        shapes={
            "charges": Shape(rows=1, fields=required(source.entities["charges"]) | extra),
            "payouts": Shape(rows=1, fields=required(source.entities["payouts"]) | AMOUNT_AS_TEXT),
        },
    )


def required(entity: Entity) -> dict[str, Seen]:
    return {
        f"/{field.name}": Seen(present=1, kinds=frozenset({field.type}))
        for field in entity.fields
        if field.required
    }


def test_nothing_is_frozen_and_nothing_drifted_before_a_load(hallmark: Any, data_dir: Path) -> None:
    assert hallmark("freeze", "list")[:2] == (0, "Nothing is frozen.\n")
    code, out, _ = hallmark("contracts", "accept-drift", "--json")
    assert (code, json.loads(out)) == (0, {"patch": None, "changes": [], "undecided": []})
    assert not data_dir.exists()


@pytest.mark.usefixtures("drifted")
def test_a_freeze_is_listed_with_its_reason_and_lifted_with_another(hallmark: Any) -> None:
    code, out, _ = hallmark("freeze", "list", "--json")
    (found,) = json.loads(out)
    assert (code, found["source"], found["entity"], found["run_id"]) == (
        0,
        "payments",
        "payouts",
        "run_1",
    )
    assert "amount is contracted as integer, and came as string" in hallmark("freeze", "list")[1]

    code, out, _ = hallmark("freeze", "lift", "payments", "--reason", "known", "--json")
    assert (code, json.loads(out)) == (0, {"source": "payments", "lifted": ["payouts"]})
    assert hallmark("freeze", "list")[1] == "Nothing is frozen.\n"
    with connect(config.warehouse_path(), read_only=True) as connection:
        query = "select lifted_by, lift_reason from control.freeze"
        assert connection.execute(query).fetchall() == [("operator", "known")]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("zephyr", "--reason", "why"), 1, "[CFG001] it is not frozen"),
        (("payments", "--entity", "charges", "--reason", "why"), 1, "[CFG001] it is not frozen"),
        (("payments", "--entity", "cycles", "--reason", "why"), 2, "unknown entity cycles"),
        (("payments",), 2, "--reason"),
        (("payments", "--reason", " "), 2, "say why"),
    ],
    ids=["another source", "another entity", "an unknown entity", "no reason", "an empty reason"],
)
@pytest.mark.usefixtures("drifted")
def test_what_cannot_be_lifted_is_told_and_stays_frozen(
    hallmark: Any, arguments: tuple[str, ...], code: int, says: str
) -> None:
    found, _, err = hallmark("freeze", "lift", *arguments)
    assert found == code
    assert says in err
    with connect(config.warehouse_path(), read_only=True) as connection:
        assert len(freeze.active(connection)) == 1


@pytest.mark.usefixtures("drifted")
def test_the_patch_applies_and_makes_the_contracts_accept_what_came(
    hallmark: Any, tmp_path: Path
) -> None:
    patch, checkout = tmp_path / "drift.patch", tmp_path / "checkout"
    before = {path: path.read_bytes() for path in FOLDER.glob("*/*.yaml")}
    code, out, _ = hallmark("contracts", "accept-drift", "payments", "--output", str(patch))
    assert code == 0
    assert f"git apply {patch}" in out
    assert "accepted: payments charges.fraud_score: added, number" in out
    assert "needs a person: payments payouts.amount: no type reads integer and string" in out
    assert {path: path.read_bytes() for path in before} == before

    shutil.copytree(FOLDER, checkout / "contracts")
    subprocess.run(["git", "apply", str(patch)], cwd=checkout, check=True)
    old, new = load_source("payments"), load_source("payments", checkout / "contracts")
    changed = [name for name, entity in new.entities.items() if entity != old.entities[name]]
    assert changed == ["charges"]
    charges = new.entities["charges"]
    fields = {field.name: field for field in charges.fields}
    assert (fields["fraud_score"].type, fields["fraud_score"].required) == ("number", False)
    assert "held" in fields["status"].values
    assert (charges.version, new.version) == ("1.1.0", "1.1.0")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert today in (checkout / "contracts" / "payments" / "contract.yaml").read_text("utf-8")


@pytest.mark.usefixtures("drifted")
def test_a_patch_is_for_one_source_or_one_entity(hallmark: Any, data_dir: Path) -> None:
    for arguments in (["zephyr"], ["--entity", "refunds"]):
        code, out, _ = hallmark("contracts", "accept-drift", *arguments, "--json")
        assert (code, json.loads(out)["changes"]) == (0, [])
    code, out, _ = hallmark("contracts", "accept-drift", "--entity", "charges", "--json")
    told = json.loads(out)
    assert (len(told["changes"]), told["undecided"]) == (2, [])
    assert Path(told["patch"]) == data_dir / "accept-drift.patch"
    code, _, err = hallmark("contracts", "accept-drift", "zephyr", "--entity", "charges")
    assert code == 2
    assert "unknown entity charges" in err
