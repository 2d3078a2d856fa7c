"""What faults do to pages, filters and the shape of rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from faulty_server import API, CHARGES, EXECUTIONS, LISTS, Answer, Server

from scripts.mock_api.faults.dialects import PAYMENTS, ZEPHYR, Dialect
from scripts.mock_api.faults.scenarios import SCENARIOS

CONTRACTS = Path(__file__).parents[2] / "contracts"
Change = Callable[[dict[str, Any]], dict[str, Any]]

payments = pytest.mark.parametrize("server", ["payments"], indirect=True)
zephyr = pytest.mark.parametrize("server", ["zephyr"], indirect=True)


def _second(server: Server, first: Answer) -> str:
    """The path of the page after `first`."""
    after = {"payments": f"&starting_after={first.rows[-1]['id']}", "zephyr": "&offset=10"}
    return LISTS[server.source] + after[server.source]


def test_a_repeated_page_is_the_first_again(server: Server) -> None:
    server.fault("repeated_page", times=2)
    first = server.first_page()
    second = _second(server, first)
    assert server.ask(second).rows == first.rows
    assert server.ask(second).rows == first.rows
    assert server.ask(second).rows[0] not in first.rows
    assert server.struck() == [2]


@zephyr
def test_the_first_page_cannot_be_a_repeated_one(server: Server) -> None:
    server.fault("repeated_page")
    server.ask(f"{EXECUTIONS}&offset=0")
    assert server.struck() == [0]


@payments
@pytest.mark.parametrize("bound", ["created[lt]", "created[gte]", "created"])
def test_an_ignored_filter_brings_payments_outside_the_window(server: Server, bound: str) -> None:
    everything = server.ask(CHARGES)
    filtered = f"{CHARGES}&{bound}={everything.rows[4]['created']}"
    assert server.ask(filtered).rows != everything.rows
    server.fault("ignored_filter")
    assert server.ask(filtered).body == everything.body
    assert server.ask(filtered).rows != everything.rows


@zephyr
def test_an_ignored_filter_brings_executions_of_other_phases(server: Server) -> None:
    everything = server.ask(f"{API}/execution?pagesize=0").rows
    last = everything[-1]["cyclePhaseId"]
    server.fault("ignored_filter", entity="execution")
    rows = server.ask(f"{EXECUTIONS}&cyclephaseid={last}").rows
    assert rows == everything[:10]
    assert {row["cyclePhaseId"] for row in rows} != {last}


def test_an_unstable_order_keeps_the_rows_and_depends_on_the_seed(server: Server) -> None:
    path = LISTS[server.source]
    usual = server.ask(path).rows

    def shuffled(seed: int) -> list[list[dict[str, Any]]]:
        server.clear()
        server.fault("unstable_order", times=2, seed=seed)
        return [server.ask(path).rows for _ in range(2)]

    one, two = shuffled(1)
    assert usual != one != two
    assert sorted(row["id"] for row in one) == sorted(row["id"] for row in usual)
    assert shuffled(1) == [one, two] != shuffled(2)


def test_duplicate_rows_repeat_within_a_page_and_overlap_with_the_next(server: Server) -> None:
    first = server.first_page()
    second_path = _second(server, first)
    second = server.ask(second_path)
    server.fault("duplicate_rows", times=3)
    assert server.first_page().rows == [*first.rows, first.rows[-1]]
    expected = [first.rows[-1], *second.rows, second.rows[-1]]
    assert server.ask(second_path).rows == expected
    assert server.first_page().rows == [*first.rows, first.rows[-1]]


CHARGE_DRIFTS: dict[str, Change] = {
    "drift_new_field": lambda row: {**row, "review_tier": "standard"},
    "drift_missing_field": lambda row: _without(row, "metadata"),
    "drift_missing_required": lambda row: _without(row, "amount"),
    "drift_type_change": lambda row: {**row, "amount": str(row["amount"])},
    "drift_null_required": lambda row: {**row, "amount": None},
    "drift_new_enum": lambda row: {**row, "status": "under_review"},
}
EXECUTION_DRIFTS: dict[str, Change] = {
    "drift_new_field": lambda row: {**row, "review_tier": "standard"},
    "drift_missing_field": lambda row: _without(row, "versionId"),
    "drift_missing_required": lambda row: _without(row, "cyclePhaseId"),
    "drift_type_change": lambda row: {**row, "cyclePhaseId": str(row["cyclePhaseId"])},
    "drift_null_required": lambda row: {**row, "cyclePhaseId": None},
    "drift_new_enum": lambda row: {**row, "status": "97"} if "status" in row else row,
}


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def test_each_drift_is_tested() -> None:
    drifts = {name for name in SCENARIOS if name.startswith("drift_")}
    assert set(CHARGE_DRIFTS) == set(EXECUTION_DRIFTS) == drifts


@payments
@pytest.mark.parametrize("scenario", CHARGE_DRIFTS)
def test_a_drift_changes_listed_and_retrieved_charges(server: Server, scenario: str) -> None:
    usual = server.ask(CHARGES).json()
    one = usual["data"][0]
    drifted = CHARGE_DRIFTS[scenario]
    server.fault(scenario, entity="charges", times=0)
    expected = {**usual, "data": [drifted(row) for row in usual["data"]]}
    assert server.ask(CHARGES).json() == expected
    assert server.ask(f"/v1/charges/{one['id']}").json() == drifted(one)


@zephyr
@pytest.mark.parametrize("scenario", EXECUTION_DRIFTS)
def test_a_drift_changes_every_execution(server: Server, scenario: str) -> None:
    usual = server.ask(EXECUTIONS).rows
    server.fault(scenario)
    assert server.ask(EXECUTIONS).rows == [EXECUTION_DRIFTS[scenario](row) for row in usual]
    assert server.ask(EXECUTIONS).rows == usual


@zephyr
@pytest.mark.parametrize("path", ["/project/details", "/release/project/11", "/cycle/release/101"])
def test_a_drift_finds_the_rows_of_bare_arrays(server: Server, path: str) -> None:
    asked = API + path
    usual = server.ask(asked).rows
    server.fault("drift_new_field", field="colour", value=["red"])
    assert server.ask(asked).rows == [{**row, "colour": ["red"]} for row in usual]


@zephyr
def test_a_drift_reaches_into_objects_and_lists_inside_rows(server: Server) -> None:
    server.fault("drift_null_required", entity="cycle", field="cyclePhases.cycleId")
    server.fault("drift_type_change", entity="execution", field="tcrTreeTestcase.testcase.name")
    cycles = server.ask(f"{API}/cycle/release/101").rows
    assert {phase["cycleId"] for cycle in cycles for phase in cycle["cyclePhases"]} == {None}
    names = [row["tcrTreeTestcase"]["testcase"]["name"] for row in server.ask(EXECUTIONS).rows]
    assert all(isinstance(name, list) for name in names)


@pytest.mark.parametrize(
    ("source", "dialect", "plural"),
    [("payments", PAYMENTS, ""), ("zephyr", ZEPHYR, "s")],
    ids=["payments", "zephyr"],
)
def test_the_default_fields_are_what_the_contracts_say(
    source: str, dialect: Dialect, plural: str
) -> None:
    for entity, fields in dialect.entities.items():
        path = CONTRACTS / source / f"{entity}{plural}.yaml"
        (schema,) = yaml.safe_load(path.read_text())["schema"]
        required = {each["name"]: each.get("required", False) for each in schema["properties"]}
        assert required[fields.required] is True, entity
        assert required[fields.optional] is False, entity
        assert fields.choice in required, entity
