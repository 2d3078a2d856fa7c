"""One campaign of kills for all tests of this folder."""

from __future__ import annotations

import pytest

from scripts.mock_api.serve import subprocesses
from tests.crash.campaign import Campaign
from tests.e2e.conftest import KEY, WORLD, Apis

_SLOWER_BY = 0.01
USUAL_KILLS = 8


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--crash-seed", type=int, default=1, help="when loads are killed")
    parser.addoption(
        "--crash-kills", type=int, default=USUAL_KILLS, help="how often loads are killed"
    )


@pytest.fixture(scope="session")
def campaign(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    with subprocesses(WORLD, key=KEY) as urls:
        apis = Apis(urls)
        apis.slow(_SLOWER_BY)  # seconds a request, so that kills hit the extraction
        campaign = Campaign(
            apis,
            tmp_path_factory.mktemp("crash"),
            seed=pytestconfig.getoption("--crash-seed"),
            kills=pytestconfig.getoption("--crash-kills"),
        )
        campaign.run()
    return campaign


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    broken = [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]
    if any("tests/crash/" in report.nodeid for report in broken):
        options = f"--crash-seed {config.getoption('--crash-seed')}"
        options += f" --crash-kills {config.getoption('--crash-kills')}"
        terminalreporter.write_line(f"crash tests, again: .venv/bin/pytest tests/crash {options}")
