"""The demo's data folder after its runs, made once for all test processes; each works on a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlt_pipelines import config
from expectations.report import read_report
from expectations.results import RunReport
from tests.once import once

BIN = Path(sys.executable).parent
RUNS = ((), (), ("--advance", "1"))
"""Options of each run: the first, one right after it, one a day later."""


@dataclass(frozen=True)
class Demo:
    """`first` is the data folder as the first run left it, `last` as the last one did."""

    first: Path
    last: Path


def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """To be read only: who changes a folder takes a `copy`."""
    folder = once(tmp_path_factory, "demo", _make)
    return Demo(folder / "first", folder / "last")


def _make(folder: Path) -> None:
    first, *others = RUNS
    _run(folder / "last", *first)
    copy(folder / "last", folder / "first")
    for options in others:
        _run(folder / "last", *options)


def copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to, symlinks=True))


def reports(data_dir: Path) -> list[RunReport]:
    """Those of all runs, oldest first."""
    return [read_report(each.parent) for each in sorted(data_dir.glob("reports/*/report.json"))]


def _run(data_dir: Path, *options: str) -> None:
    done = execute(data_dir, "hallmark", "run", "--demo", *options)
    assert done.returncode == 0, done.stdout + done.stderr


def execute(data_dir: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the project, in a process of its own, on a data folder."""
    return subprocess.run(
        [BIN / command, *arguments],
        cwd=config.PROJECT_ROOT,
        env={**os.environ, "LOCAL_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
