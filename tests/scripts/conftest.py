"""Every test has a data folder of its own, and no server is configured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from dlt_pipelines.settings import SETTINGS
from scripts.cli.hallmark import main
from tests import once


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    folder = tmp_path / "data"
    monkeypatch.setenv("LOCAL_DATA_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def project_manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return once.project_manifest(tmp_path_factory)


@pytest.fixture
def hallmark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command as a shell would: exit code, standard output, standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hallmark", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        return (int(stop.value.code or 0), *capsys.readouterr())

    return call
