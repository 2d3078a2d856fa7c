"""What the status page says at a glance."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from expectations.results import Outcome
from expectations.status_page import Status, status_html
from tests.sample_report import HOSTILE, sample_report
from tests.sample_status import frozen, load, sample_status

Change = Callable[[Status], Status]


def judged(status: Status, outcome: Outcome) -> Status:
    report = sample_report(checks=0)
    verdict = replace(report.verdict, outcome=outcome)
    return replace(status, judged=replace(report, verdict=verdict))


@pytest.fixture
def well() -> Status:
    return judged(sample_status(runs=3), "passed")


def test_a_good_state_has_no_problem(well: Status) -> None:
    assert (well.problems, well.outcome, well.headline) == ([], "passed", "All is well")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda status: replace(
                status,
                runs=[replace(status.runs[0], status="failed", error="[BUILD001] no")],
            ),
            "The last run failed: [BUILD001] no.",
        ),
        (
            lambda status: replace(
                status,
                runs=[replace(status.runs[0], status="failed", error="[AUTH001] refused")],
                loads=[load("zephyr", error="[AUTH001] refused")],
            ),
            "The last run failed: [AUTH001] refused.",
        ),
        (
            lambda status: replace(
                status, loads=[load("zephyr", run_id="old", error="[AUTH001] refused")]
            ),
            "The last load of zephyr failed: [AUTH001] refused.",
        ),
        (lambda status: replace(status, judged=None), "No gate has judged what is built."),
        (lambda status: judged(status, "failed"), "The last gate: failed."),
        (lambda status: judged(status, "not_checked"), "The last gate: not checked."),
        (
            lambda status: replace(status, freezes=[frozen("broken")]),
            "payments is frozen because of charges.",
        ),
    ],
)
def test_each_thing_to_look_at_is_a_problem(well: Status, change: Change, problem: str) -> None:
    status = change(well)
    assert (status.problems, status.outcome, status.headline) == ([problem], "failed", "1 problem")


def test_a_failed_gate_says_what_failed_who_is_hit_and_what_readers_keep() -> None:
    status = sample_status(runs=3, report=sample_report(checks=30))
    assert "The last gate: failed, rule_0000 of gold.fct_payments." in status.problems[-1]
    assert status.hit
    assert status.way_out.endswith("/report.html#failures")
    page = status_html(status).decode()
    assert f'<a href="{status.way_out}">the report</a>. Readers keep' in page
    assert all(name in page for name in status.hit)


def test_a_gate_without_an_answer_leads_to_what_could_not_be_checked(well: Status) -> None:
    assert judged(well, "not_checked").way_out.endswith("/report.html#gaps")
    assert well.way_out == ""


def test_nothing_has_run_yet() -> None:
    status = sample_status(runs=0)
    assert (status.outcome, status.headline) == ("not_checked", "Nothing has run yet")
    assert b"hallmark run --demo" in status_html(status)


def test_the_page_says_how_many_runs_it_leaves_out(well: Status) -> None:
    page = status_html(replace(well, older_runs=12)).decode()
    assert "The newest 3; 12 older runs" in page


def test_hostile_text_stays_text() -> None:
    status = sample_status(runs=2, text=HOSTILE, report=sample_report(checks=20, text=HOSTILE))
    page = status_html(status).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
