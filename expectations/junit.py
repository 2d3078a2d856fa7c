"""The checks as JUnit XML, which every CI can show."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from expectations.results import Check, RunReport

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: RunReport) -> bytes:
    """One suite per kind, one case per check.

    A warning never decides, so a failed one is shown as skipped, like a check without an answer.
    """
    root = ET.Element("testsuites", name=f"hallmark {_text(report.run_id)}")
    for kind in dict.fromkeys(check.kind for check in report.verdict.checks):
        checks = [check for check in report.verdict.checks if check.kind == kind]
        suite = ET.SubElement(root, "testsuite", name=kind)
        suite.set("timestamp", report.started_at.isoformat(timespec="seconds"))
        suite.extend(_case(check) for check in checks)
        _set_counts(suite, checks)
    _set_counts(root, report.verdict.checks)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _case(check: Check) -> ET.Element:
    case = ET.Element("testcase", classname=_text(check.table or check.kind))
    case.set("name", _text(check.name))
    case.set("time", f"{check.seconds:.3f}")
    if check.outcome == "passed":
        return case
    decides = check.outcome == "failed" and check.decides
    answer = ET.SubElement(case, "failure" if decides else "skipped")
    answer.set("message", _text(f"{check.severity}, {check.outcome}: {check.observed}"))
    answer.text = _text(f"expected: {check.expected}\n{check.detail}")
    return case


def _set_counts(element: ET.Element, checks: list[Check]) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", "0")
    element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    element.set("time", f"{sum(check.seconds for check in checks):.3f}")


def _text(value: str) -> str:
    """XML 1.0 has no way to write control characters, not even escaped."""
    return NOT_XML.sub("\ufffd", value)
