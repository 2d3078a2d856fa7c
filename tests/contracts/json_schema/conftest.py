"""How long contradictions are looked for, and what came of it."""

from __future__ import annotations

import pytest

from tests.contracts.json_schema.tally import TALLY


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--soundness-examples", type=int, default=100, help="how many pairs of schemas"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TALLY.directions:
        terminalreporter.write_line(str(TALLY))
