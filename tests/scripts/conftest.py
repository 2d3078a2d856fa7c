"""Every test has a data folder of its own, and no server is configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlt_pipelines import config


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for setting in config.SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    folder = tmp_path / "data"
    monkeypatch.setenv("LOCAL_DATA_DIR", str(folder))
    return folder
