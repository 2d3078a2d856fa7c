"""Report and status page opened from the disk in Chromium; its pictures are in tests/output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from expectations.gate import judge
from expectations.report import write_report
from expectations.results import RunReport
from expectations.status_page import status_html
from tests.browser.browser import Browser
from tests.sample_report import HOSTILE, RUN, sample_report
from tests.sample_status import sample_status

A4 = 718
"""Pixels between the margins of a sheet, by Chromium's measure."""
SCREENS: dict[str, dict[str, Any]] = {
    "desktop-light": {},
    "desktop-dark": {"scheme": "dark"},
    "phone": {"width": 390, "height": 844, "scheme": "dark"},
}
REPORTS: dict[str, RunReport] = {
    "passed": replace(
        sample_report(checks=0), verdict=judge([sample_report(checks=2).verdict.checks[1]])
    ),
    "no-checks": sample_report(checks=0),
    "failed": sample_report(checks=30),
    "hostile": sample_report(checks=30, text=HOSTILE),
    "broke-off": sample_report(checks=0, error="[AUTH001] the token was refused (source=payments)"),
}


def report_page(name: str, folder: Path) -> Path:
    return write_report(REPORTS[name], folder / RUN)["report.html"]


def status_page(name: str, folder: Path) -> Path:
    page = folder / "index.html"
    page.write_bytes(status_html(STATUSES[name]))
    return page


STATUSES = {
    "nothing": sample_status(runs=0),
    "passed": sample_status(runs=4, report=REPORTS["passed"]),
    "failed": sample_status(
        runs=50, text="[BUILD001] 1 of 36 models failed", report=REPORTS["failed"]
    ),
    "hostile": sample_status(runs=3, text=HOSTILE, report=REPORTS["hostile"]),
}
PAGES: list[tuple[str, Callable[[str, Path], Path], str]] = [
    *(("report", report_page, name) for name in REPORTS),
    *(("status", status_page, name) for name in STATUSES),
]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(
    ("kind", "make", "name"), PAGES, ids=[f"{kind}-{name}" for kind, _, name in PAGES]
)
def test_a_page_is_offline_quiet_and_open_to_everyone(
    browser: Browser,
    tmp_path: Path,
    kind: str,
    make: Callable[[str, Path], Path],
    name: str,
    screen: str,
) -> None:
    browser.open(make(name, tmp_path), **SCREENS[screen])
    browser.screenshot(f"{kind}-{name}-{screen}")
    assert browser.overflow() <= 0
    assert browser.barriers() == []
    assert browser.requests() == []
    assert browser.complaints() == []


@pytest.mark.parametrize(
    ("kind", "make", "name"), PAGES, ids=[f"{kind}-{name}" for kind, _, name in PAGES]
)
def test_a_page_fits_on_paper(
    browser: Browser, tmp_path: Path, kind: str, make: Callable[[str, Path], Path], name: str
) -> None:
    browser.open(make(name, tmp_path), width=A4)
    browser.command("Emulation.setEmulatedMedia", media="print")
    assert browser.overflow() <= 0
    browser.screenshot(f"{kind}-{name}-print")
    assert browser.printed(f"{kind}-{name}").startswith(b"%PDF")
    assert browser.requests() == []


def test_what_a_server_says_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.open(report_page("hostile", tmp_path))
    assert browser.script("document.scripts.length + document.images.length") == 0
    assert HOSTILE.split("\n")[0] in browser.script("document.body.innerText")


def test_what_folds_away_is_printed(browser: Browser, tmp_path: Path) -> None:
    browser.open(report_page("failed", tmp_path))
    query = "document.querySelector('details pre').checkVisibility({contentVisibilityAuto: true})"
    assert not browser.script(query)
    browser.command("Emulation.setEmulatedMedia", media="print")
    assert (
        browser.script("document.querySelector('details pre').getBoundingClientRect().height") > 0
    )
    browser.command("Emulation.setEmulatedMedia", media="")


def test_a_thousand_checks_are_shown_at_once(browser: Browser, tmp_path: Path) -> None:
    page = write_report(sample_report(checks=1000), tmp_path)["report.html"]
    browser.open(page)
    browser.screenshot("report-thousand")
    assert browser.script("performance.getEntriesByType('navigation')[0].domComplete") < 3000
    assert browser.overflow() <= 0
    assert browser.requests() + browser.complaints() == []
    assert page.stat().st_size < 1_000_000
