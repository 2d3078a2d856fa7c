"""The JUnit file as a CI reads it."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from expectations.junit import junit_xml
from expectations.results import Check, RunReport

MakeCheck = Callable[..., Check]
MakeReport = Callable[..., RunReport]


@pytest.mark.parametrize(
    ("outcome", "severity", "answer"),
    [
        ("passed", "critical", None),
        ("failed", "critical", "failure"),
        ("failed", "warning", "skipped"),
        ("not_checked", "critical", "skipped"),
    ],
)
def test_only_a_critical_failure_is_a_failure(
    make_report: MakeReport,
    make_check: MakeCheck,
    outcome: str,
    severity: str,
    answer: str | None,
) -> None:
    root = ET.fromstring(junit_xml(make_report(make_check(outcome, severity))))
    (case,) = root.findall("testsuite[@name='expectation']/testcase")
    assert [child.tag for child in case] == ([answer] if answer else [])
    assert case.get("classname") == "gold.fct_payments"


def test_there_is_one_suite_per_kind_and_one_case_per_check(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    report = make_report(make_check(kind="dbt_test"), make_check("failed", kind="completeness"))
    root = ET.fromstring(junit_xml(report))
    suites = {suite.get("name"): len(suite.findall("testcase")) for suite in root}
    assert suites == {"dbt_test": 1, "completeness": 1, "reconciliation": 12}
    assert (root.get("tests"), root.get("failures")) == ("14", "1")
    assert root.get("skipped") == "3"


def test_a_failure_tells_what_was_expected_and_seen(
    make_report: MakeReport, make_check: MakeCheck
) -> None:
    root = ET.fromstring(junit_xml(make_report(make_check("failed"))))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "critical, failed: what is"
    assert failure.text == "expected: what should be\nwhat to do"


@pytest.mark.parametrize("hostile", ["]]><x>&\"'", "\x00\x0b\x1b[31m", "\ud800\uffff", "\n\t"])
def test_no_text_breaks_the_xml(
    make_report: MakeReport, make_check: MakeCheck, hostile: str
) -> None:
    check = make_check("failed", name=hostile, observed=hostile, table=hostile, detail=hostile)
    root = ET.fromstring(junit_xml(make_report(check)))
    assert len(root.findall(".//failure")) == 1


def test_a_run_without_checks_has_an_empty_file(make_report: MakeReport) -> None:
    from expectations.gate import judge

    root = ET.fromstring(junit_xml(make_report(verdict=judge([]))))
    assert (root.tag, root.get("tests"), len(root)) == ("testsuites", "0", 0)
