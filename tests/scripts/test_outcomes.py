"""What a run's checks say on a terminal."""

from __future__ import annotations

import pytest

from scripts.console import Output
from scripts.outcomes import show_report
from tests.sample_report import sample_report


def test_a_failure_says_once_since_when(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(Output(as_json=False), sample_report(checks=60))
    since = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  since: ")]
    assert since
    assert not [line for line in since if line.startswith("  since: since")]
