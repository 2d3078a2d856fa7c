"""docs/registry/observability.md and its alerts, held against a server that has worked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from registry_server import Running, good, problem, rows, running, until
from registry_stores import new_store

from dlt_pipelines import config

FOLDER = config.PROJECT_ROOT / "docs" / "registry"
PAGE = (FOLDER / "observability.md").read_text("utf-8")
ALERTS = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))
RULES = {rule["alert"]: rule for group in ALERTS["groups"] for rule in group["rules"]}
SELECTOR = re.compile(r"\b((?:dcr|api|registry)_\w+)\s*(?:\{([^}]*)\})?\[")
MATCHER = re.compile(r'(\w+)\s*(=~|=)\s*"([^"]*)"')
Samples = dict[str, list[Mapping[str, str]]]


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One where everything has happened that is counted or logged."""
    store = new_store("sqlite", request, tmp_path_factory.mktemp("observed"))
    with running(store) as found:
        api = found.api
        dataset_id = api.dataset()
        good(api.ingest(dataset_id, rows(id_="string")))
        wanted = {"dataset_id": dataset_id, "layer": "gold", "consumer": "tests"}
        hook = {"required_compatibility": "FULL", "callback_url": "https://hooks.invalid/"}
        good(api.post("/subscriptions", {**wanted, **hook}))
        good(api.ingest(dataset_id, rows(id_="integer")))
        problem(api.ingest(dataset_id, {"type": "strange"}), 422, "invalid_request")
        here = f"/datasets/{dataset_id}/layers/gold"
        good(api.get(f"{here}/diff?from=1&to=2"))
        good(api.get(f"{here}/versions/latest"))
        good(api.post(f"{here}/versions/2/set-current"))
        until(lambda: "dcr.delivery.attempted" in found.log.getvalue())
        yield found


@pytest.fixture(scope="module")
def samples(server: Running) -> Samples:
    answer = server.api.session.get(f"{server.api.root}/metrics", timeout=30)
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| \n") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_metrics_are_those_of_the_page(samples: Samples) -> None:
    live = {
        name.removesuffix("_count"): set(labels[0])
        for name, labels in samples.items()
        if name.endswith(("_total", "_count"))
    }
    assert live == {names(row[0])[0]: set(names(row[1])) for row in table("Metrics")}


def test_the_log_has_the_events_and_facts_of_the_page(server: Running) -> None:
    lines = [json.loads(line) for line in server.log.getvalue().splitlines()]
    promised = {event: row for row in table("Log events") for event in names(row[0])}
    assert {line["event"] for line in lines} == {e for e in promised if e.startswith("dcr.")}
    for line in lines:
        assert line["level"] in promised[line["event"]][1]
        first = names(promised[line["event"]][2])[0]
        assert first in {*line["facts"], "stored", "classification"}, line


def test_there_are_six_alerts_as_the_page_says() -> None:
    assert [names(row[0])[0] for row in table("Alerts")] == list(RULES)
    assert len(RULES) == 6
    for rule in RULES.values():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_asks_for_series_that_exist(samples: Samples, alert: str) -> None:
    expression = RULES[alert]["expr"]
    selectors = SELECTOR.findall(expression)
    assert len(selectors) == len(re.findall(r"\b(?:dcr|api|registry)_\w+", expression)) > 0
    grouped = {
        label.strip()
        for labels in re.findall(r"\bby\s*\(([^)]*)\)", expression)
        for label in labels.split(",")
    }
    for name, matchers in selectors:
        matching = [labels for labels in samples[name] if matches(labels, matchers)]
        assert matching, f"{name}{{{matchers}}}"
        assert grouped <= set(matching[0])
    told = set(re.findall(r"\$labels\.(\w+)", str(RULES[alert]["annotations"])))
    assert told <= grouped


def matches(labels: Mapping[str, str], matchers: str) -> bool:
    return all(
        name in labels
        and (re.fullmatch(value, labels[name]) if kind == "=~" else labels[name] == value)
        for name, kind, value in MATCHER.findall(matchers)
    )


def test_an_alert_leads_to_its_procedure() -> None:
    runbook = (FOLDER / "runbook.md").read_text("utf-8")
    anchors = {
        "runbook.md#" + heading.lower().replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", runbook, re.MULTILINE)
    }
    for alert, rule in RULES.items():
        assert rule["annotations"]["runbook_url"] in anchors
        assert f"- Alert: `{alert}`." in runbook
    assert set(re.findall(r"\((runbook\.md#[^)]+)\)", PAGE)) <= anchors


@pytest.mark.parametrize("alert", RULES)
def test_parentheses_and_quotes_of_an_expression_close(alert: str) -> None:
    bare = re.sub(r'"[^"]*"', '""', RULES[alert]["expr"])
    while (shorter := re.sub(r"\([^()]*\)|\[[^][]*\]|\{[^{}]*\}", "", bare)) != bare:
        bare = shorter
    assert not set("()[]{}") & set(bare)


def test_prometheus_takes_the_rules() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("there is no promtool; Debian's package prometheus has it")
    command: list[Any] = [promtool, "check", "rules", FOLDER / "alerts.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS: 6 rules found" in done.stdout
