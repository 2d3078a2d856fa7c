"""The report as its readers open it: offline, escaped, and there when a run broke."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from dlt_pipelines.errors import StateError
from expectations.gate import judge
from expectations.ordering import in_order
from expectations.report import read_report, write_report
from expectations.results import Check, RunReport, Step
from expectations.view import TOLD_FAILURES
from tests.sample_report import HOSTILE, sample_report

MakeCheck = Callable[..., Check]
MakeReport = Callable[..., RunReport]

LOADS = {"src", "srcset", "action", "data", "poster", "background"}
CELLS = {"td", "th"}
VOID = {"meta", "br", "rect", "path"}


class Page(HTMLParser):
    """Collects a page's tags, attributes and text, and checks that tags close in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += " " if tag in CELLS else ""

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def html_of(report: RunReport, folder: Path) -> str:
    return write_report(report, folder)["report.html"].read_text("utf-8")


def markdown_of(report: RunReport, folder: Path) -> str:
    return write_report(report, folder)["report.md"].read_text("utf-8")


def test_every_form_is_written_and_named(
    tmp_path: Path, make_report: MakeReport, make_check: MakeCheck
) -> None:
    written = write_report(make_report(make_check()), tmp_path / "run_1")
    assert set(written) == {"report.html", "report.md", "junit.xml", "report.json"}
    assert {path.name for path in (tmp_path / "run_1").iterdir()} == set(written)


def test_a_report_is_read_back_as_it_was(
    tmp_path: Path, make_report: MakeReport, make_check: MakeCheck
) -> None:
    report = make_report(make_check("failed", observed=HOSTILE))
    write_report(report, tmp_path)
    assert read_report(tmp_path) == in_order(report)


@pytest.mark.parametrize("content", [None, b"{", b'{"run_id": 1}'])
def test_a_report_that_cannot_be_read_is_a_coded_error(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "report.json").write_bytes(content)
    with pytest.raises(StateError, match="STATE001"):
        read_report(tmp_path)


def test_the_page_is_whole_and_loads_nothing(
    tmp_path: Path, make_report: MakeReport, make_check: MakeCheck
) -> None:
    source = html_of(make_report(make_check(), make_check("failed", "warning")), tmp_path)
    page = Page(source)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(page.tags)
    assert not LOADS & {name for name, _ in page.attributes}
    links = {value for name, value in page.attributes if name == "href"}
    assert all(link in ("../index.html",) or (link or "").startswith("#") for link in links)
    assert "url(" not in source
    assert "@import" not in source
    assert "default-src 'none'" in source


def test_hostile_text_stays_text(
    tmp_path: Path, make_report: MakeReport, make_check: MakeCheck
) -> None:
    fields = dict.fromkeys(("name", "table", "expected", "observed", "detail"), HOSTILE)
    report = make_report(
        make_check("failed", **fields),
        make_check("not_checked", **fields),
        make_check("failed", kind="completeness", **fields),
        run_id=HOSTILE,
        command=HOSTILE,
        error=HOSTILE,
        steps=[Step(name=HOSTILE, status="failed", detail=HOSTILE)],
    )
    page = Page(html_of(report, tmp_path))
    assert page.open == []
    assert not {"script", "img"} & set(page.tags)
    assert "<script>alert(1)</script>" in page.text


def test_a_command_in_the_text_is_code_and_hostile_code_stays_text(
    tmp_path: Path, make_report: MakeReport, make_check: MakeCheck
) -> None:
    detail = "`hallmark build` derives it anew; `<img src=x>` does not."
    source = html_of(make_report(make_check("failed", detail=detail)), tmp_path)
    assert "<code>hallmark build</code> derives it anew" in source
    assert "<code>&lt;img src=x&gt;</code> does not." in source


def test_hostile_text_stays_in_its_markdown_cell(
    tmp_path: Path, make_report: MakeReport, make_check: MakeCheck
) -> None:
    row = next(
        line
        for line in markdown_of(
            make_report(make_check("failed", observed=HOSTILE)), tmp_path
        ).splitlines()
        if "alert" in line
    )
    assert row.replace("\\|", "").count("|") == 7
    assert "<" not in row
    assert "\\`\\*\\_\\[" in row


def test_a_failure_is_told_with_what_to_do(
    tmp_path: Path, make_report: MakeReport, make_check: MakeCheck
) -> None:
    report = make_report(
        make_check("failed", name="booking_balances", observed="failing rows: 3", detail="Look.")
    )
    page = Page(html_of(report, tmp_path))
    assert "1 critical check of 13 failed; 2 warnings besides." in page.text
    for told in ("booking_balances", "what should be", "failing rows: 3", "Look."):
        assert told in page.text
        assert told.replace("_", "\\_") in markdown_of(report, tmp_path)


def test_the_ledger_is_shown_row_by_row(tmp_path: Path, make_report: MakeReport) -> None:
    text = " ".join(Page(html_of(make_report(), tmp_path)).text.split())
    assert "charges 4 3 300 97 200 1 2" in text
    assert "2025-11-13 16:06 → 2025-11-20 16:00" in text
    assert "project 14 was refused" in text
    assert "308 rows in 4 requests" in text


def test_a_run_that_broke_off_has_a_report(tmp_path: Path, make_report: MakeReport) -> None:
    report = make_report(
        status="failed",
        error="[AUTH001] the token was refused (source=zephyr)",
        verdict=judge([]),
        steps=[
            Step(name="load", status="failed", seconds=3.0),
            Step(name="build", status="skipped"),
        ],
        ledger=[],
        models=[],
    )
    page = Page(html_of(report, tmp_path))
    assert "The run broke off in the step load. No check was made" in page.text
    assert "[AUTH001] the token was refused" in page.text
    assert "Nothing was loaded in this run." in page.text
    assert "No model was built in this run." in page.text
    assert "AUTH001" in markdown_of(report, tmp_path)


def test_the_same_results_give_the_same_bytes_but_for_run_and_times(tmp_path: Path) -> None:
    first = sample_report(checks=40)
    run_id = "20261121T070000Z-000000"
    *before, present = first.trends
    later = replace(
        first,
        run_id=run_id,
        trends=[*before, replace(present, run_id=run_id)],
        started_at=first.started_at + timedelta(hours=3),
        finished_at=first.finished_at + timedelta(hours=3),
        verdict=judge(reversed(first.verdict.checks)),
        models=first.models[::-1],
    )
    forms = write_report(first, tmp_path / "first"), write_report(later, tmp_path / "later")
    for name in forms[0]:
        one, other = (_timeless(each[name].read_text("utf-8")) for each in forms)
        assert one == other
        assert one.count("RUN") + one.count("TIME") > 1


def _timeless(text: str) -> str:
    """Without the id and the times of the run itself."""
    text = re.sub(r"2026112[01]T\d{6}Z-[0-9a-f]{6}", "RUN", text)
    return re.sub(r"2026-11-20[ T]1[58]:5\d:\d\d", "TIME", text)


def test_a_failure_shows_its_sql_its_rows_and_its_readers(tmp_path: Path) -> None:
    page = Page(html_of(sample_report(checks=1), tmp_path))
    for told in (
        "select payment_id, amount, captured",
        "ch_1",
        "Revenue board",
        "Head of Finance",
        "dbt_project/models/gold/payments/fct_payments.yml:31",
        "since 2026-11-17",
    ):
        assert told in page.text


def test_so_many_failures_are_told_in_full_and_all_are_in_the_tables(tmp_path: Path) -> None:
    report = sample_report(checks=1000)
    source = html_of(report, tmp_path)
    assert source.count('<li class="panel') == TOLD_FAILURES
    assert source.count("<h3>") == TOLD_FAILURES
    assert "50 more failures: in the tables" in " ".join(Page(source).text.split())
    assert markdown_of(report, tmp_path).count("rule") < 3 * TOLD_FAILURES


def test_an_interrupted_writing_leaves_no_json(
    tmp_path: Path, make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_value: object) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr(msgspec.json, "encode", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_report(make_report(), tmp_path)
    assert not (tmp_path / "report.json").exists()
