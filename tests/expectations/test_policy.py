"""What a waiver does, and which may not stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dlt_pipelines.errors import ConfigurationError
from expectations.gate import judge
from expectations.policy import POLICY, read_policy, waive
from expectations.results import Check

MakeCheck = Callable[..., Check]
TODAY = date(2026, 11, 20)
GOOD = "{check: 'expectation:gold.*:rule', reason: it is known, expires: 2026-11-20}"


def policy(folder: Path, *waivers: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(f"waivers: [{', '.join(waivers)}]")
    return path


@pytest.mark.parametrize("outcome", ["failed", "not_checked"])
def test_what_is_waived_does_not_decide_and_says_why(
    tmp_path: Path, make_check: MakeCheck, outcome: str
) -> None:
    checks = waive(
        [make_check(outcome), make_check(name="other")], read_policy(policy(tmp_path, GOOD), TODAY)
    )
    assert [check.waived for check in checks] == ["it is known", ""]
    assert judge(checks).outcome == "passed"
    verdict = judge(checks)
    assert (verdict.failed, verdict.warnings + verdict.not_checked) == (0, 1)


def test_what_passes_is_not_waived(tmp_path: Path, make_check: MakeCheck) -> None:
    (check,) = waive([make_check()], read_policy(policy(tmp_path, GOOD), TODAY))
    assert check.waived == ""


def test_a_waiver_of_an_unknown_check_is_a_warning(tmp_path: Path, make_check: MakeCheck) -> None:
    checks = waive([make_check(table="silver.other")], read_policy(policy(tmp_path, GOOD), TODAY))
    warning = checks[-1]
    assert (warning.outcome, warning.severity) == ("failed", "warning")
    assert warning.name == "expectation:gold.*:rule"


@pytest.mark.parametrize(
    ("waiver", "message"),
    [
        pytest.param(
            "{check: a, reason: b, expires: 2026-11-19}", "a waiver .* has expired", id="expired"
        ),
        pytest.param("{check: a, expires: 2026-12-31}", "`reason`", id="no reason"),
        pytest.param("{check: a, reason: '', expires: 2026-12-31}", "length >= 1", id="empty"),
        pytest.param("{check: a, reason: b}", "`expires`", id="no date"),
        pytest.param("{check: a, reason: b, expires: soon}", "RFC3339", id="not a date"),
        pytest.param("{check: a, reason: b, expires: 2026-12-31, by: c}", "`by`", id="unknown key"),
        pytest.param("{", "cannot be read", id="not YAML"),
    ],
)
def test_a_waiver_that_cannot_stand_is_a_configuration_error(
    tmp_path: Path, waiver: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_policy(policy(tmp_path, waiver), TODAY)


def test_the_policy_of_the_project_stands() -> None:
    assert isinstance(read_policy(POLICY, date.min), list)
